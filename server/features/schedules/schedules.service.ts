import { toInstant } from '../../../shared/api/listing.ts';
import { formatDuration } from '../../../shared/durations.ts';
import type { Clock } from '../../platform/clock.ts';
import type { TasksTable } from '../../schema/tables/tasks.tables.ts';
import { planDue } from './due.ts';
import { nextInStep, nextTiming } from './schedules.ts';

type DueTask = Pick<TasksTable, 'id' | 'type' | 'cron' | 'time_zone' | 'every_seconds' | 'next_fire_at'>;

export type SchedulesResources = {
  readonly clock: Clock;
  readonly dueTasks: (now: number, limit: number) => Promise<readonly DueTask[]>;
  readonly nextDueAt: () => Promise<number | undefined>;
  readonly fireDue: (
    id: string,
    due: number,
    order: { trigger: 'schedule' | 'interval'; firedAt: number; by: string; skipped?: { reason: 'misfired'; text: string } },
    nextFireAt: number | null,
  ) => Promise<unknown>;
  /** ask for a pass soon */
  readonly wake: () => void;
};

/** Fires what is due. A pass is idempotent: the firing and the time of the next one are committed together, fenced by the time that was due. */
export type SchedulesService = {
  pass(): Promise<void>;
  /** Forgets the timer for the next firing, for good. May be called twice, and during a pass. */
  stop(): void;
};

const batchSize = 200;
/** The clock may be set and the machine may sleep: a timer is never trusted for longer. */
const longestWaitMs = 15_000;

export function createSchedules({ clock, dueTasks, nextDueAt, fireDue, wake }: SchedulesResources): SchedulesService {
  let cancelTimer = (): void => {};
  let isStopped = false;

  async function fire(task: DueTask): Promise<void> {
    if (task.next_fire_at === null) return;
    const trigger = task.type === 'Interval' ? 'interval' : 'schedule';
    const due = task.next_fire_at;
    const plan = planDue(
      due,
      clock.now(),
      (after) => nextTiming(task, after),
      (now) => nextInStep(task, due, now),
    );
    if (plan.missed !== undefined) {
      const { count, first, last, more } = plan.missed;
      const span = count === 1 ? `due at ${toInstant(first)}` : `due from ${toInstant(first)} to ${toInstant(last)}`;
      const late = formatDuration((clock.now() - first) / 1000);
      const text = `${more ? 'More than ' : ''}${count} ${count === 1 ? 'firing' : 'firings'}, ${span}, came ${late} late: the server was not running or was too busy, or its clock was set forward.`;
      await fireDue(
        task.id,
        due,
        { trigger, firedAt: first, by: 'schedule', skipped: { reason: 'misfired', text } },
        plan.fire ?? plan.next,
      );
    }
    if (plan.fire !== undefined) await fireDue(task.id, plan.fire, { trigger, firedAt: plan.fire, by: 'schedule' }, plan.next);
  }

  return {
    async pass() {
      cancelTimer();
      const due = await dueTasks(clock.now(), batchSize);
      // side by side, so that many firings of one minute share their commits; one that fails does not hold up the others
      const results = await Promise.allSettled(due.map(fire));
      const failure = results.find((result) => result.status === 'rejected');
      if (failure !== undefined) throw failure.reason;
      if (due.length === batchSize) return wake();
      const next = await nextDueAt();
      cancelTimer();
      if (next !== undefined && !isStopped)
        cancelTimer = clock.after(Math.max(0, Math.min(next - clock.now(), longestWaitMs)), wake);
    },
    stop() {
      isStopped = true;
      cancelTimer();
    },
  };
}
