import type { TaskInput } from '../../../shared/api/tasks.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { TasksTable } from '../../schema/tables/tasks.tables.ts';
import { calendarOf, closedAt, parseWindow } from './calendar.ts';
import { type Cron, nextFiring, parseCron, parseZone } from './cron.ts';

/** When a task fires, of whatever type. */
export type Timing = Pick<TasksTable, 'type' | 'cron' | 'time_zone' | 'every_seconds' | 'calendar'>;

/** Throws `schedule_invalid`, naming the field. */
export function checkTiming(
  input: Pick<TaskInput, 'cron' | 'timeZone' | 'startsAt' | 'endsAt' | 'excludeDates' | 'blackout'>,
): void {
  if (input.cron !== undefined) parseCron(input.cron);
  if (input.timeZone !== undefined) parseZone(input.timeZone);
  for (const window of input.blackout) parseWindow(window);
  const { startsAt, endsAt } = input;
  if (startsAt !== undefined && endsAt !== undefined && Date.parse(endsAt) <= Date.parse(startsAt))
    throw new MusterError('schedule_invalid', 'It ends before it starts.', { field: 'endsAt' });
}

/**
 * ms of the first firing after `after`, or null when there is none; it may be one that the calendar closes. An interval is counted from
 * its firing before, so that it does not drift with the time that a firing takes, or from the start that its calendar names.
 */
export function nextTiming(task: Timing, after: number): number | null {
  const { startsAt, endsAt } = calendarOf(task.calendar);
  const next = unbounded(task, after, startsAt);
  return next !== null && endsAt !== null && next > endsAt ? null : next;
}

function unbounded(task: Timing, after: number, startsAt: number | null): number | null {
  if (task.type === 'Interval' && task.every_seconds !== null) {
    const every = task.every_seconds * 1000;
    return startsAt === null ? after + every : stepAfter(startsAt, every, after);
  }
  if (task.type === 'Scheduled' && task.cron !== null) {
    const from = startsAt === null ? after : Math.max(after, startsAt - 1);
    return nextFiring(cronOf(task.cron), parseZone(task.time_zone ?? 'UTC'), from);
  }
  return null;
}

/** Reading an expression takes far longer than stepping through it. */
const crons = new Map<string, Cron>();
const cronsKept = 1000;

export function cronOf(expression: string): Cron {
  const known = crons.get(expression);
  if (known !== undefined) return known;
  const cron = parseCron(expression);
  if (crons.size >= cronsKept) crons.clear();
  crons.set(expression, cron);
  return cron;
}

const stepAfter = (start: number, every: number, after: number): number =>
  after < start ? start : start + (Math.floor((after - start) / every) + 1) * every;

/** The first firing after `now` that is in step with a firing at `from`: intervals may have passed in between. */
export function nextInStep(task: Timing, from: number, now: number): number | null {
  if (task.type !== 'Interval' || task.every_seconds === null) return nextTiming(task, now);
  const { endsAt } = calendarOf(task.calendar);
  const next = stepAfter(from, task.every_seconds * 1000, now);
  return endsAt !== null && next > endsAt ? null : next;
}

/** Why a firing at this instant is not to run; undefined if it is. */
export const whyClosed = (task: Timing, at: number): string | undefined =>
  closedAt(calendarOf(task.calendar), parseZone(task.time_zone ?? 'UTC'), at);

export type Upcoming = { readonly at: number; readonly skipped: string | null };

/** The next firings after `after`, at most `count`; of those that the calendar closes one after the other, the first stands for all. */
export function upcoming(task: Timing, after: number, count: number, first = nextTiming(task, after)): Upcoming[] {
  const found: Upcoming[] = [];
  let closedSince: number | undefined;
  let looked = 0;
  for (let at = first; at !== null && found.length < count && looked < lookedAtMost; at = nextTiming(task, at)) {
    looked += 1;
    const why = whyClosed(task, at);
    if (why === undefined || closedSince === undefined) found.push({ at, skipped: why ?? null });
    closedSince = why === undefined ? undefined : (closedSince ?? at);
    if (closedSince !== undefined && at - closedSince > closedForMs) break;
  }
  return found;
}

/** A calendar may be closed for longer than anybody wants to wait for an answer. */
const lookedAtMost = 2000;
const closedForMs = 370 * 86_400_000;
