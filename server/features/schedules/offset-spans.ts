import type { TimeZone, WallClock } from './time-zone.ts';

/** A time in which a zone keeps its distance to UTC: within it, wall-clock arithmetic is adding and subtracting. All in ms. */
export type OffsetSpan = {
  readonly from: number;
  readonly to: number;
  readonly offsetMs: number;
  /** by how much the clocks were moved at `from`; 0: it is only where the look begins */
  readonly shiftMs: number;
};

/** No zone changes twice within so little time. */
const lookEveryMs = 6 * 3_600_000;

export function offsetSpans(zone: TimeZone, from: number, to: number): OffsetSpan[] {
  const spans: OffsetSpan[] = [];
  let start = from;
  let offsetMs = zone.wallClock(from).offsetMs;
  let shiftMs = 0;
  for (let at = from; at < to; at += lookEveryMs) {
    const end = Math.min(at + lookEveryMs, to);
    const after = zone.wallClock(end).offsetMs;
    if (after === offsetMs) continue;
    const change = changeBetween(zone, at, end, offsetMs);
    spans.push({ from: start, to: change, offsetMs, shiftMs });
    shiftMs = after - offsetMs;
    [start, offsetMs] = [change, after];
  }
  if (start < to) spans.push({ from: start, to, offsetMs, shiftMs });
  return spans;
}

/** The first whole second with another offset. */
function changeBetween(zone: TimeZone, from: number, to: number, offsetMs: number): number {
  let low = Math.floor(from / 1000);
  let high = Math.ceil(to / 1000);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (zone.wallClock(middle * 1000).offsetMs === offsetMs) low = middle;
    else high = middle;
  }
  return high * 1000;
}

export const dayMs = 86_400_000;
export const hourMs = 3_600_000;

export const startOfDay = (local: number): number => Math.floor(local / dayMs) * dayMs;

/** The day of a wall-clock time that is written as if it were UTC. */
export function dayOf(local: number): WallClock {
  const date = new Date(local);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    secondOfDay: 0,
    offsetMs: 0,
  };
}

/** `2026-12-25` */
export const dateText = (local: number): string => new Date(local).toISOString().slice(0, 10);
