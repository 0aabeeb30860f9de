import type { TaskInput } from '../../../shared/api/tasks.ts';
import type { TasksTable } from '../../schema/tables/tasks.tables.ts';
import { nextFiring, parseCron, parseZone } from './cron.ts';

/** When a task fires, of whatever type. */
type Timing = Pick<TasksTable, 'type' | 'cron' | 'time_zone' | 'every_seconds'>;

/** Throws `schedule_invalid`, naming the field. */
export function checkTiming(input: TaskInput): void {
  if (input.cron !== undefined) parseCron(input.cron);
  if (input.timeZone !== undefined) parseZone(input.timeZone);
}

/**
 * ms of the first firing after `after`, or null when there is none. An interval is counted from its firing before, so that it does not
 * drift with the time that a firing takes.
 */
export function nextTiming(task: Timing, after: number): number | null {
  if (task.type === 'Interval' && task.every_seconds !== null) return after + task.every_seconds * 1000;
  if (task.type === 'Scheduled' && task.cron !== null)
    return nextFiring(parseCron(task.cron), parseZone(task.time_zone ?? 'UTC'), after);
  return null;
}

/** The first firing after `now` that is in step with a firing at `from`: intervals may have passed in between. */
export function nextInStep(task: Timing, from: number, now: number): number | null {
  if (task.type !== 'Interval' || task.every_seconds === null) return nextTiming(task, now);
  const every = task.every_seconds * 1000;
  return from + (Math.floor((now - from) / every) + 1) * every;
}
