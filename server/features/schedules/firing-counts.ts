import { calendarOf } from './calendar.ts';
import type { ClosedSpan } from './closed-spans.ts';
import { type Cron, firesOn } from './cron.ts';
import { dayMs, dayOf, hourMs, type OffsetSpan, startOfDay } from './offset-spans.ts';
import { cronOf, type Timing } from './schedules.ts';

/**
 * How often a task fires in each of many slots of time, by arithmetic: a schedule that fires every second costs no more than one that
 * fires once a day. It agrees with stepping from firing to firing (`nextTiming`), with the days on which clocks are moved too.
 */
export type FiringCounts = {
  /** per slot: firings that will run, and those that the calendar takes */
  readonly open: Uint32Array;
  readonly shut: Uint32Array;
  /** how many firings each reason takes */
  readonly taken: ReadonlyMap<string, number>;
};

export type FiringsIn = {
  /** ms, rising: slot i is from `edges[i]` (included) to `edges[i + 1]` (not included) */
  readonly edges: readonly number[];
  /** of the zone of the task, beginning at least three hours before the first edge */
  readonly zone: readonly OffsetSpan[];
  readonly closed: readonly ClosedSpan[];
};

export function countFirings(
  task: Timing & { readonly next_fire_at: number | null },
  { edges, zone, closed }: FiringsIn,
): FiringCounts {
  const slots = edges.length - 1;
  const open = new Uint32Array(slots);
  const shut = new Uint32Array(slots);
  const taken = new Map<string, number>();
  const { startsAt, endsAt } = calendarOf(task.calendar);
  const from = Math.max(edges[0] ?? 0, startsAt ?? 0);
  const to = Math.min(edges.at(-1) ?? 0, endsAt === null ? Number.MAX_SAFE_INTEGER : endsAt + 1);

  /** Adds the firings of a time that lies anywhere, as `count` tells them of its parts. */
  function add(start: number, end: number, count: (from: number, to: number) => number): void {
    let at = Math.max(start, from);
    const last = Math.min(end, to);
    if (at >= last) return;
    let slot = lastAt(edges, at);
    let shutter = firstEnding(closed, at);
    while (at < last) {
      const slotEnd = edges[slot + 1] ?? last;
      const span = closed[shutter];
      const isShut = span !== undefined && span.from <= at;
      const until = Math.min(last, slotEnd, span === undefined ? last : isShut ? span.to : span.from);
      const firings = count(at, until);
      const of = isShut ? shut : open;
      of[slot] = (of[slot] ?? 0) + firings;
      if (isShut && firings > 0) taken.set(span.why, (taken.get(span.why) ?? 0) + firings);
      at = until;
      if (at === slotEnd) slot += 1;
      if (span !== undefined && at >= span.to) shutter += 1;
    }
  }

  if (task.type === 'Interval' && task.every_seconds !== null && task.next_fire_at !== null) {
    const { next_fire_at: phase } = task;
    const every = task.every_seconds * 1000;
    const before = (at: number): number => Math.ceil((at - phase) / every);
    add(from, to, (a, b) => before(b) - before(a));
  }
  if (task.type === 'Scheduled' && task.cron !== null) countCron(cronOf(task.cron), zone, { from, to, add });
  return { open, shut, taken };
}

type Counting = {
  readonly from: number;
  readonly to: number;
  readonly add: (start: number, end: number, count: (from: number, to: number) => number) => void;
};

function countCron(cron: Cron, zone: readonly OffsetSpan[], { from, to, add }: Counting): void {
  const within = createHourCount(cron);
  const namesHours = cron.hour.length < 24;
  for (const [index, { from: start, to: end, offsetMs, shiftMs }] of zone.entries()) {
    if (end <= from || start >= to) continue;
    // what names its hours does not fire at a wall-clock time that comes for the second time, and fires at the end of a gap
    const begin = namesHours && shiftMs < 0 ? start - shiftMs : start;
    const old = zone[index - 1]?.offsetMs;
    if (namesHours && shiftMs > 0 && old !== undefined) {
      const isInGap = firesWithin(cron, within, start + old, start + offsetMs);
      if (isInGap && !firesWithin(cron, within, start + offsetMs, start + offsetMs + 1000)) add(start, start + 1, () => 1);
    }
    for (let day = startOfDay(Math.max(begin, from) + offsetMs); day < Math.min(end, to) + offsetMs; day += dayMs) {
      if (!firesOn(cron, dayOf(day))) continue;
      for (const hour of cron.hour) {
        const hourStart = day + Number(hour) * hourMs - offsetMs;
        add(
          Math.max(hourStart, begin),
          Math.min(hourStart + hourMs, end),
          (a, b) => within(b - hourStart) - within(a - hourStart),
        );
      }
    }
  }
}

/** How often it fires in the first `ms` of an hour in which it fires. */
function createHourCount({ minute, second }: Cron): (ms: number) => number {
  const minutes = before(minute);
  const seconds = before(second);
  return (ms) => {
    const whole = Math.ceil(ms / 1000);
    const full = Math.floor(whole / 60);
    const inMinute = (minutes[full + 1] ?? 0) - (minutes[full] ?? 0);
    return (minutes[full] ?? 0) * second.length + (inMinute > 0 ? (seconds[whole % 60] ?? 0) : 0);
  };
}

/** Of the values of a field, how many are less than 0, 1, … 60. */
function before(field: readonly (number | string)[]): number[] {
  const values = new Set(field.map(Number));
  const counts = [0];
  for (let value = 0; value < 60; value += 1) counts.push((counts[value] ?? 0) + (values.has(value) ? 1 : 0));
  return counts;
}

/** Whether it fires at one of these wall-clock times, which are written as if they were UTC. */
function firesWithin(cron: Cron, within: (ms: number) => number, from: number, to: number): boolean {
  for (let hour = Math.floor(from / hourMs) * hourMs; hour < to; hour += hourMs) {
    const isHour = cron.hour.map(Number).includes((hour % dayMs) / hourMs) && firesOn(cron, dayOf(hour));
    if (isHour && within(Math.min(to - hour, hourMs)) > within(Math.max(0, from - hour))) return true;
  }
  return false;
}

/** The last edge that is not after `at`. */
function lastAt(edges: readonly number[], at: number): number {
  let low = 0;
  let high = edges.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((edges[middle] ?? 0) <= at) low = middle;
    else high = middle;
  }
  return low;
}

/** The first span that ends after `at`. */
function firstEnding(spans: readonly ClosedSpan[], at: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.to ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
