import { type Calendar, parseWindow } from './calendar.ts';
import { dateText, dayMs, dayOf, type OffsetSpan, startOfDay } from './offset-spans.ts';

/** A time in which a calendar lets nothing fire, and why, in the words of `closedAt`. */
export type ClosedSpan = { readonly from: number; readonly to: number; readonly why: string };

/** What excluded dates and blackouts take of a time, in order and without overlap. @param zone of the task, over that time */
export function closedSpans({ excludeDates, blackout }: Calendar, zone: readonly OffsetSpan[]): ClosedSpan[] {
  if (excludeDates.length + blackout.length === 0) return [];
  const excluded = new Set(excludeDates);
  const windows = blackout.map((text) => ({ text, ...parseWindow(text) }));
  return zone.flatMap(({ from, to, offsetMs }) => {
    const found: ClosedSpan[] = [];
    const add = (start: number, end: number, why: string): void => {
      const span = { from: Math.max(from, start - offsetMs), to: Math.min(to, end - offsetMs), why };
      if (span.from < span.to) found.push(span);
    };
    // what begins on the day before may end on this one
    const first = startOfDay(from + offsetMs) - dayMs;
    for (let day = first; day < to + offsetMs; day += dayMs)
      if (excluded.has(dateText(day))) add(day, day + dayMs, `the excluded date ${dateText(day)}`);
    for (const { text, days, from: opens, to: ends } of windows)
      for (let day = first; day < to + offsetMs; day += dayMs)
        if (days.has(dayOf(day).weekday))
          add(day + opens * 1000, day + ends * 1000 + (opens < ends ? 0 : dayMs), `the blackout ${text}`);
    return withoutOverlap(found);
  });
}

/** Of several reasons for one time the first counts. */
function withoutOverlap(spans: readonly ClosedSpan[]): ClosedSpan[] {
  const edges = [...new Set(spans.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  const result: { from: number; to: number; why: string }[] = [];
  for (const [index, from] of edges.slice(0, -1).entries()) {
    const to = edges[index + 1] ?? from;
    const why = spans.find((span) => span.from <= from && to <= span.to)?.why;
    const last = result.at(-1);
    if (why === undefined) continue;
    if (last?.to === from && last.why === why) last.to = to;
    else result.push({ from, to, why });
  }
  return result;
}
