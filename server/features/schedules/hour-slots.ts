import { dateText, dayMs, hourMs, type OffsetSpan, startOfDay } from './offset-spans.ts';

/** An hour of the clock of a place. One in which clocks are moved is shorter, and its name may come twice on a day. */
export type HourSlot = { readonly from: number; readonly to: number; readonly date: string; readonly hour: number };

/** The next 24 hours. */
export const hoursOfDay = (zone: readonly OffsetSpan[], now: number): HourSlot[] => hourSlots(zone, now, now + dayMs);

/** The rest of today, and six further days. */
export function hoursOfWeek(zone: readonly OffsetSpan[], now: number): HourSlot[] {
  const offset = zone.find(({ from, to }) => from <= now && now < to)?.offsetMs ?? 0;
  const last = startOfDay(now + offset) + 6 * dayMs;
  const date = dateText(last);
  // a few hours more than that, whatever the clocks do, of a day that is not shown
  return hourSlots(zone, now, last - offset + dayMs + 3 * hourMs).filter((slot) => slot.date <= date);
}

/** The hours that hold a part of `from` (included) to `to` (not included); the first begins before `from`. */
function hourSlots(zone: readonly OffsetSpan[], from: number, to: number): HourSlot[] {
  const slots: HourSlot[] = [];
  for (const span of zone) {
    const { offsetMs } = span;
    const begin = Math.max(span.from, hourOf(from + offsetMs) - offsetMs);
    const end = Math.min(span.to, to);
    for (let at = begin; at < end; ) {
      const local = at + offsetMs;
      const next = Math.min(end, hourOf(local) + hourMs - offsetMs);
      slots.push({ from: at, to: next, date: dateText(local), hour: new Date(local).getUTCHours() });
      at = next;
    }
  }
  return slots;
}

const hourOf = (local: number): number => Math.floor(local / hourMs) * hourMs;
