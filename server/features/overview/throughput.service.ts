import type { Logger } from 'pino';
import { countsAsError, type ExecutionState, isFinal } from '../../../shared/states.ts';
import type { Clock } from '../../platform/clock.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import { createLoop, type Loop } from '../../platform/loops/loop.ts';
import type { Database } from '../../schema/schema.ts';
import type { ThroughputTable } from '../../schema/tables/overview.tables.ts';
import { addMinute, deleteMinutesBefore, minutesSince } from './throughput.store.ts';

/**
 * How many executions ended in each minute: counted in memory as the ledger tells of them, and written once a minute, so that a restart
 * goes on with the picture. An orderly stop writes what is left; a kill loses a minute of the picture, never of the ledger.
 */
export type Throughput = {
  /** The last sixty minutes, oldest first; the present one is not over. */
  lastHour(): readonly ThroughputTable[];
  /** Reads what is there, and listens from then on. */
  begin(): Promise<void>;
  /** May be called twice. */
  stop(): Promise<void>;
};

export type ThroughputResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly log: Pick<Logger, 'error'>;
};

type Ends = Omit<ThroughputTable, 'minute'>;

export const minuteMs = 60_000;
const shownMinutes = 60;
/** More is kept than is shown, so that a clock that is set back a little does not lose the picture. */
const keptMs = 24 * 60 * minuteMs;

export function createThroughput({ db, clock, events, log }: ThroughputResources): Throughput {
  const minutes = new Map<number, Ends>();
  const unwritten = new Map<number, Ends>();
  let loop: Loop | undefined;
  let unsubscribe = (): void => undefined;
  const present = (): number => Math.floor(clock.now() / minuteMs) * minuteMs;

  function count(state: ExecutionState): void {
    if (!isFinal(state)) return;
    const kind = state === 'succeeded' ? 'succeeded' : countsAsError(state) ? 'failed' : 'other';
    for (const counts of [minutes, unwritten]) {
      const ends = counts.get(present()) ?? none;
      counts.set(present(), { ...ends, [kind]: ends[kind] + 1 });
    }
  }

  async function write(): Promise<void> {
    const ended = [...unwritten];
    unwritten.clear();
    try {
      await db.write(async (writer) => {
        for (const [minute, ends] of ended) await addMinute(writer, { minute, ...ends });
        await deleteMinutesBefore(writer, present() - keptMs);
      });
    } catch (error) {
      for (const [minute, ends] of ended) unwritten.set(minute, sumOf(ends, unwritten.get(minute) ?? none));
      throw error;
    }
    for (const minute of minutes.keys()) if (minute < present() - keptMs) minutes.delete(minute);
  }

  return {
    lastHour() {
      const newest = present();
      return Array.from({ length: shownMinutes }, (_, index) => {
        const minute = newest - (shownMinutes - 1 - index) * minuteMs;
        return { minute, ...(minutes.get(minute) ?? none) };
      });
    },
    async begin() {
      for (const { minute, ...ends } of await minutesSince(db.read, present() - shownMinutes * minuteMs))
        minutes.set(minute, ends);
      unsubscribe = events.on('execution.changed', ({ state }) => count(state));
      loop = createLoop({ name: 'throughput', clock, everyMs: minuteMs, run: write, log });
    },
    async stop() {
      unsubscribe();
      await loop?.stop();
      if (unwritten.size > 0) await write();
    },
  };
}

const none: Ends = { succeeded: 0, failed: 0, other: 0 };
const sumOf = (a: Ends, b: Ends): Ends => ({
  succeeded: a.succeeded + b.succeeded,
  failed: a.failed + b.failed,
  other: a.other + b.other,
});
