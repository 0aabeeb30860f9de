import { calendarOf } from './calendar.ts';
import { type ClosedSpan, closedSpans } from './closed-spans.ts';
import { parseZone } from './cron.ts';
import { hourMs, type OffsetSpan, offsetSpans } from './offset-spans.ts';

/** The spans of each zone from a little before now on, found once. Throws `schedule_invalid` for a zone that there is not. */
export function createZoneSpans(now: number, aheadMs: number): (zone: string) => readonly OffsetSpan[] {
  const known = new Map<string, readonly OffsetSpan[]>();
  // firings look three hours back for clocks that were put back
  const from = Math.floor(now / hourMs) * hourMs - 4 * hourMs;
  return (zone) => {
    let spans = known.get(zone);
    if (spans === undefined) {
      spans = offsetSpans(parseZone(zone), from, from + aheadMs);
      known.set(zone, spans);
    }
    return spans;
  };
}

/** What each calendar takes in its zone, found once. */
export function createClosedSpans(
  spansOf: (zone: string) => readonly OffsetSpan[],
): (calendar: string | null, zone: string) => readonly ClosedSpan[] {
  const known = new Map<string, readonly ClosedSpan[]>();
  return (calendar, zone) => {
    if (calendar === null) return [];
    const key = `${zone} ${calendar}`;
    let spans = known.get(key);
    if (spans === undefined) {
      spans = closedSpans(calendarOf(calendar), spansOf(zone));
      known.set(key, spans);
    }
    return spans;
  };
}
