import type { Clock } from '../../platform/clock.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import { returnGraceMs } from './presence.service.ts';
import type { TaskRow } from './rows.ts';
import { updateTask } from './tasks.store.ts';
import {
  postponeHeld,
  saveSeenTime,
  scheduledTasks,
  seenTime,
  shiftIntervals,
  shiftOpen,
  shiftSightings,
} from './time-shift.store.ts';

/**
 * Time that did not pass, and time in which the server could not listen, end nothing.
 *
 *   jump   the clock was set: every deadline, expiry and back-off of open work moves with it, so that what remains of it stays as it was.
 *          Intervals are durations and move too. Times of day follow the new clock: those it jumped over are missed (one row says so),
 *          and one that comes a second time does not fire a second time.
 *   gap    the server stood still: the gap does not count for open work, and what agents hold gets the time that a restart would give it,
 *          because their answers may wait in the sockets.
 */
export type TimeShift = {
  /** At start, before deadlines are looked at: the clock may be behind the one of the process before. @returns by how much it was set */
  begin(): Promise<number>;
  /** @param follow has the clock, and what is in memory on it, move by so many ms: at once, or not at all */
  jumped(ms: number, follow: (ms: number) => void): Promise<void>;
  stalled(ms: number): Promise<void>;
  /** Notes the time for the next start. */
  noteTime(): Promise<void>;
};

export type TimeShiftResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly audit: {
    recordIn(
      writer: Writer,
      entry: { actor: string; action: string; subject: string; detail?: Record<string, unknown> },
    ): Promise<void>;
  };
  readonly nextFiring: (task: TaskRow, after: number) => number | null;
  readonly listenAnew: () => void;
  /** rows of open executions that are kept in memory are not as they were */
  readonly forgetRows: () => void;
};

/** The noted time is as old as this at most; a clock that is behind it by no more was hardly set. */
export const noteTimeEveryMs = 60_000;
/** A server that is starved all the time must come to its ends: only the first gap in so long gives more than the gap itself. */
const graceEveryMs = 10 * 60_000;

export const noteTimeIn = (writer: Writer, now: number): Promise<unknown> => saveSeenTime(writer, now);

export function createTimeShift({ db, clock, audit, nextFiring, listenAnew, forgetRows }: TimeShiftResources): TimeShift {
  let gracedAt: number | undefined;

  async function shift(writer: Writer, ms: number): Promise<void> {
    await shiftOpen(writer, ms);
    forgetRows();
    await shiftIntervals(writer, ms);
    await shiftSightings(writer, ms);
    // set back: the next firing is the first one from now on; one that was there already is known by its run
    if (ms < 0)
      for (const task of await scheduledTasks(writer))
        await updateTask(writer, task.id, { next_fire_at: nextFiring(task, clock.now()) });
    await saveSeenTime(writer, clock.now());
    const detail = { seconds: Math.round(ms / 1000) };
    await audit.recordIn(writer, { actor: 'system', action: 'clock.jumped', subject: 'server', detail });
  }

  return {
    async begin() {
      const seen = await seenTime(db.read);
      const behind = seen === undefined ? 0 : clock.now() - seen;
      const wasSet = behind < -noteTimeEveryMs;
      await db.write(async (writer) => {
        if (wasSet) await shift(writer, behind);
        else await saveSeenTime(writer, clock.now());
      });
      return wasSet ? behind : 0;
    },

    async jumped(ms, follow) {
      let followed = false;
      try {
        await db.write(async (writer) => {
          // inside the unit: no other one sees rows of one time and a clock of another
          follow(ms);
          followed = true;
          await shift(writer, ms);
        });
      } catch (error) {
        if (followed) follow(-ms);
        throw error;
      }
    },

    async stalled(ms) {
      const now = clock.monotonic();
      const grace = gracedAt === undefined || now - gracedAt >= graceEveryMs;
      await db.write(async (writer) => {
        await shiftOpen(writer, ms);
        if (grace) await postponeHeld(writer, clock.now() + returnGraceMs);
        forgetRows();
      });
      if (grace) gracedAt = now;
      listenAnew();
    },

    noteTime: async () => void (await db.write((writer) => saveSeenTime(writer, clock.now()))),
  };
}
