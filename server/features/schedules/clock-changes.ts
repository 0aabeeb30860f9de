import { firesOn } from './cron.ts';
import { dayOf, hourMs, type OffsetSpan } from './offset-spans.ts';
import { cronOf, type Timing } from './schedules.ts';

/** The clocks of a zone are put forward or back, and which schedules name a time that does not come, or comes twice. */
export type ClockChange = {
  readonly zone: string;
  readonly at: number;
  /** more than 0: forward */
  readonly shiftMs: number;
  /** the wall-clock times that are jumped over, or that come twice: `02:00`, `03:00` */
  readonly first: string;
  readonly end: string;
  readonly tasks: readonly { readonly id: string; readonly name: string }[];
  readonly affected: number;
};

type Named = Timing & { readonly id: string; readonly name: string };

const named = 3;

export function clockChanges(zone: string, spans: readonly OffsetSpan[], from: number, tasks: readonly Named[]): ClockChange[] {
  return spans.flatMap(({ from: at, shiftMs, offsetMs }) => {
    if (shiftMs === 0 || at < from) return [];
    const first = at + Math.min(offsetMs, offsetMs - shiftMs);
    const end = first + Math.abs(shiftMs);
    const affected = tasks.filter((task) => namesATimeIn(task, first, end));
    return {
      zone,
      at,
      shiftMs,
      first: timeText(first),
      end: timeText(end),
      tasks: affected.slice(0, named).map(({ id, name }) => ({ id, name })),
      affected: affected.length,
    };
  });
}

const timeText = (local: number): string => new Date(local).toISOString().slice(11, 16);

function namesATimeIn({ type, cron: expression }: Named, from: number, to: number): boolean {
  if (type !== 'Scheduled' || expression === null) return false;
  const cron = cronOf(expression);
  if (cron.hour.length === 24) return false;
  for (let hour = Math.floor(from / hourMs) * hourMs; hour < to; hour += hourMs)
    if (cron.hour.map(Number).includes(new Date(hour).getUTCHours()) && firesOn(cron, dayOf(hour))) return true;
  return false;
}
