import { MusterError } from '../../../shared/errors.ts';
import type { TimeZone } from './time-zone.ts';

/** When a task may fire at all, beside its cron expression or interval. Dates and windows are wall-clock time of the task's zone. */
export type Calendar = {
  /** ms; no firing before it, and an interval is counted from it */
  readonly startsAt: number | null;
  /** ms; no firing after it */
  readonly endsAt: number | null;
  /** `2026-12-25` */
  readonly excludeDates: readonly string[];
  /** `Mon-Fri 09:00-17:00` */
  readonly blackout: readonly string[];
};

export const calendarOf = (text: string | null | undefined): Calendar =>
  text === null || text === undefined ? always : { ...always, ...(JSON.parse(text) as Partial<Calendar>) };

const always: Calendar = { startsAt: null, endsAt: null, excludeDates: [], blackout: [] };

/** Why a firing at this instant is not to run; undefined if it is. */
export function closedAt({ excludeDates, blackout }: Calendar, zone: TimeZone, instant: number): string | undefined {
  if (excludeDates.length === 0 && blackout.length === 0) return undefined;
  const { year, month, day, weekday, secondOfDay } = zone.wallClock(instant);
  const date = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
  if (excludeDates.includes(date)) return `the excluded date ${date}`;
  const window = blackout.find((text) => covers(parseWindow(text), weekday, secondOfDay));
  return window === undefined ? undefined : `the blackout ${window}`;
}

export type Window = { readonly days: ReadonlySet<number>; readonly from: number; readonly to: number };

/** A window that ends before it begins goes over midnight, and belongs to the day on which it begins. */
function covers({ days, from, to }: Window, weekday: number, second: number): boolean {
  if (from < to) return days.has(weekday) && second >= from && second < to;
  return (days.has(weekday) && second >= from) || (days.has((weekday + 6) % 7) && second < to);
}

const windows = new Map<string, Window>();
const windowsKept = 1000;

/** Throws `schedule_invalid`. */
export function parseWindow(text: string): Window {
  const known = windows.get(text);
  if (known !== undefined) return known;
  const match = /^(?:(\S+)\s+)?(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$/.exec(text.trim());
  const days = match === null ? undefined : parseDays(match[1]);
  const [from, to] = match === null ? [-1, -1] : [timeOf(match[2], match[3]), timeOf(match[4], match[5])];
  if (days === undefined || from < 0 || to < 0 || from === 86_400 || to === 0 || from === to) throw notAWindow(text);
  const window = { days, from, to };
  if (windows.size < windowsKept) windows.set(text, window);
  return window;
}

const notAWindow = (text: string): MusterError =>
  new MusterError(
    'schedule_invalid',
    `${JSON.stringify(text)} is not a blackout window: use days and times, such as \`Mon-Fri 09:00-17:00\`, \`Sat,Sun 00:00-24:00\`, or \`22:00-06:00\` for every day.`,
    { field: 'blackout' },
  );

/** Seconds of the day, 24:00 being its end; -1 for what is no time. */
function timeOf(hours: string | undefined, minutes: string | undefined): number {
  const [hour, minute] = [Number(hours), Number(minutes)];
  return minute > 59 || hour > 24 || (hour === 24 && minute > 0) ? -1 : hour * 3600 + minute * 60;
}

const names = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** `Mon-Fri`, `Sat,Sun`, `Fri-Mon`; nothing: every day. */
function parseDays(text: string | undefined): ReadonlySet<number> | undefined {
  if (text === undefined) return new Set(names.keys());
  const days = new Set<number>();
  for (const part of text.toLowerCase().split(',')) {
    const [first = -1, last = first, ...rest] = part.split('-').map((name) => names.indexOf(name));
    if (first < 0 || last < 0 || rest.length > 0) return undefined;
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === last) break;
    }
  }
  return days;
}
