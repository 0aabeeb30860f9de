import { toInstant } from '../../../shared/api/listing.ts';
import { formatDuration } from '../../../shared/durations.ts';
import type { Clock } from '../../platform/clock.ts';
import type { TasksTable } from '../../schema/tables/tasks.tables.ts';
import { parsePolicy } from '../tasks/policy-text.ts';
import { planDue, type Span } from './due.ts';
import { nextInStep, nextTiming, whyClosed } from './schedules.ts';

type DueTask = Pick<TasksTable, 'id' | 'type' | 'cron' | 'time_zone' | 'every_seconds' | 'calendar' | 'policy' | 'next_fire_at'>;

export type SchedulesResources = {
  readonly clock: Clock;
  readonly dueTasks: (now: number, limit: number) => Promise<readonly DueTask[]>;
  readonly nextDueAt: () => Promise<number | undefined>;
  readonly fireDue: (
    id: string,
    due: number,
    order: {
      trigger: 'schedule' | 'interval';
      firedAt: number;
      by: string;
      skipped?: { reason: 'misfired' | 'window'; text: string };
    },
    nextFireAt: number | null,
  ) => Promise<unknown>;
  /** ask for a pass soon */
  readonly wake: () => void;
};

/** Fires what is due. A pass is idempotent: the firing and the time of the next one are committed together, fenced by the time that was due. */
export type SchedulesService = {
  pass(): Promise<void>;
  /** A task was made, edited or fired: its time may be another one. Asks for a pass, soon. */
  changed(): void;
  /** Forgets the timer for the next firing, for good. May be called twice, and during a pass. */
  stop(): void;
};

const batchSize = 200;
/** The clock may be set and the machine may sleep: a timer is never trusted for longer. */
const longestWaitMs = 15_000;
/**
 * Firings that come thick and fast share a pass, and with it commits, dispatches and messages: alone each costs the server several times as
 * much. One that comes alone is on time.
 */
const leastMsBetweenPasses = 50;

export function createSchedules({ clock, dueTasks, nextDueAt, fireDue, wake }: SchedulesResources): SchedulesService {
  let cancelTimer = (): void => {};
  let isStopped = false;
  let passedAt = Number.NEGATIVE_INFINITY;
  let isPassing = false;
  /** since the pass began that is under way, or was the last */
  let hasChanged = false;

  function passIn(ms: number): void {
    cancelTimer();
    if (isStopped) return;
    const wait = Math.max(ms, passedAt + leastMsBetweenPasses - clock.monotonic());
    if (wait <= 0) wake();
    else cancelTimer = clock.after(wait, wake);
  }

  async function fire(task: DueTask): Promise<void> {
    if (task.next_fire_at === null) return;
    const trigger = task.type === 'Interval' ? 'interval' : 'schedule';
    const due = task.next_fire_at;
    const plan = planDue(due, clock.now(), {
      next: (after) => nextTiming(task, after),
      skipTo: (now) => nextInStep(task, due, now),
      closed: (at) => whyClosed(task, at),
      catchUp: parsePolicy(task.policy).catchUp,
    });
    const orders: Parameters<SchedulesResources['fireDue']>[2][] = [];
    if (plan.missed !== undefined) orders.push({ trigger, ...missedOrder(plan.missed, clock.now()) });
    for (const firedAt of plan.fires) orders.push({ trigger, firedAt, by: 'schedule' });
    if (plan.closed !== undefined) orders.push({ trigger, ...closedOrder(plan.closed) });
    // each is committed with the time of the one after it, so that a crash in between goes on where it was
    let fence = due;
    for (const [index, order] of orders.entries()) {
      const next = orders[index + 1]?.firedAt ?? plan.next;
      await fireDue(task.id, fence, order, next);
      if (next !== null) fence = next;
    }
  }

  async function fireAll(): Promise<void> {
    const due = await dueTasks(clock.now(), batchSize);
    // side by side, so that many firings of one minute share their commits; one that fails does not hold up the others
    const results = await Promise.allSettled(due.map(fire));
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
    if (due.length === batchSize) return wake();
    const next = await nextDueAt();
    // what changed meanwhile may have been read before it did
    if (hasChanged) passIn(0);
    else if (next !== undefined) passIn(Math.min(next - clock.now(), longestWaitMs));
  }

  return {
    async pass() {
      cancelTimer();
      passedAt = clock.monotonic();
      hasChanged = false;
      isPassing = true;
      try {
        await fireAll();
      } finally {
        isPassing = false;
      }
    },
    changed() {
      if (hasChanged) return;
      hasChanged = true;
      if (!isPassing) passIn(0);
    },
    stop() {
      isStopped = true;
      cancelTimer();
    },
  };
}

function missedOrder({ count, first, last, more }: Span, now: number) {
  const late = formatDuration((now - first) / 1000);
  const text = `${more ? 'More than ' : ''}${firings(count)}, ${spanText(count, first, last)}, came ${late} late: the server was not running or was too busy, or its clock was set forward.`;
  return { firedAt: first, by: 'schedule', skipped: { reason: 'misfired', text } } as const;
}

function closedOrder({ count, first, last, why }: Span & { readonly why: string }) {
  const text = `${firings(count)}, ${spanText(count, first, last)}: in ${why}.`;
  return { firedAt: first, by: 'schedule', skipped: { reason: 'window', text } } as const;
}

const firings = (count: number): string => `${count} ${count === 1 ? 'firing' : 'firings'}`;

const spanText = (count: number, first: number, last: number): string =>
  count === 1 ? `due at ${toInstant(first)}` : `due from ${toInstant(first)} to ${toInstant(last)}`;
