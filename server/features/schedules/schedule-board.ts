import type { Clock } from '../../platform/clock.ts';
import type { PausedTask, Planned, PlannedTask } from '../tasks/planned.service.ts';
import { type BoardCells, createCells, type Day } from './board-cells.ts';
import { type ClockChange, clockChanges } from './clock-changes.ts';
import { countFirings, type FiringCounts } from './firing-counts.ts';
import { type HourSlot, hoursOfDay, hoursOfWeek } from './hour-slots.ts';
import { dayMs, hourMs, type OffsetSpan } from './offset-spans.ts';
import { nextTiming } from './schedules.ts';
import { createTaken, type Taken } from './taken.ts';
import { type Unrun, unrunTogether } from './unrun.ts';
import { createClosedSpans, createZoneSpans } from './zone-spans.ts';

export type Span = 'day' | 'week';

/** What will fire in the next hours and days, and what will not, as a page shows it. Times are ms. */
export type ScheduleBoard = {
  readonly span: Span;
  readonly zone: string;
  /** without the tasks that fire in every hour, which would hide the others */
  readonly days: readonly Day[];
  readonly always: {
    readonly tasks: readonly { readonly id: string; readonly name: string; readonly anHour: number }[];
    readonly count: number;
    readonly anHour: number;
  };
  /** of all tasks */
  readonly firings: number;
  readonly taken: number;
  /** the tasks that fire, soonest first, in the hour that was asked for or in all of them */
  readonly tasks: readonly BoardTask[];
  readonly firing: number;
  /** more tasks fire than were looked at: the counts are too low */
  readonly isCut: boolean;
  readonly hour: HourSlot | null;
  /** the longest time, in whole hours, in which none but those fires */
  readonly quiet: { readonly from: number; readonly to: number } | null;
  readonly closed: readonly Taken[];
  readonly changes: readonly ClockChange[];
  readonly paused: { readonly tasks: readonly PausedTask[]; readonly more: boolean };
  readonly unrun: readonly Unrun[];
  /** zones of the tasks, for the choice of one */
  readonly zones: readonly string[];
};

export type BoardTask = PlannedTask & { readonly at: number | null; readonly open: number; readonly shut: number };

export type BoardQuery = { readonly span: Span; readonly zone: string; readonly hour?: number | undefined };

export type ScheduleBoardResources = { readonly planned: Planned; readonly clock: Pick<Clock, 'now'> };

/** So many tasks are looked at: about 25 ms. */
export const lookedAt = 2000;
const shown = { tasks: 50, reasons: 12, named: 3, paused: 20, unrun: 25, zones: 30 } as const;
/** Changes of the clock are told so long ahead, and what did not run so long after. */
const aheadMs = 31 * dayMs;
const lately = 7 * dayMs;

/** @throws `schedule_invalid` when there is no such zone */
export async function readBoard({ span, zone, hour }: BoardQuery, resources: ScheduleBoardResources): Promise<ScheduleBoard> {
  const { planned } = resources;
  const now = resources.clock.now();
  const spansOf = createZoneSpans(now, aheadMs);
  const slots = span === 'day' ? hoursOfDay(spansOf(zone), now) : hoursOfWeek(spansOf(zone), now);
  const edges = [now, ...slots.map(({ to }) => to)];
  const [rows, paused, unrun] = await Promise.all([
    planned.tasks(edges.at(-1) ?? now, lookedAt + 1),
    planned.paused(shown.paused + 1),
    planned.unrun(now - lately),
  ]);
  const tasks = rows.slice(0, lookedAt);
  const chosen = hour === undefined ? -1 : slots.findIndex(({ from, to }) => from <= hour && hour < to);
  const cells = createCells(slots.length);
  const taken = createTaken();
  const closedOf = createClosedSpans(spansOf);
  const firing: BoardTask[] = [];
  const always: { id: string; name: string; anHour: number }[] = [];
  const hours = ((edges.at(-1) ?? now) - now) / hourMs;
  let firings = 0;
  let shutAll = 0;

  for (const task of tasks) {
    const zoneName = task.time_zone ?? 'UTC';
    const counts = countFirings(task, { edges, zone: spansOf(zoneName), closed: closedOf(task.calendar, zoneName) });
    const [opens, shuts] = [sumOf(counts.open), sumOf(counts.shut)];
    firings += opens;
    shutAll += shuts;
    const isAlways = firesInEach(counts);
    if (isAlways) always.push({ id: task.id, name: task.name, anHour: Math.round((opens + shuts) / hours) });
    cells.add(isAlways ? null : task.name, counts);
    for (const [why, firings] of counts.taken) taken.add({ why, zone: zoneName, firings }, task);
    const [open, shut] = chosen < 0 ? [opens, shuts] : [counts.open[chosen] ?? 0, counts.shut[chosen] ?? 0];
    if (open + shut > 0) firing.push({ ...task, at: task.next_fire_at, open, shut });
  }

  return {
    span,
    zone,
    days: cells.days(slots),
    always: {
      tasks: always.slice(0, shown.named),
      count: always.length,
      anHour: always.reduce((sum, { anHour }) => sum + anHour, 0),
    },
    firings,
    taken: shutAll,
    tasks: inHour(firing.slice(0, shown.tasks), slots[chosen], now),
    firing: firing.length,
    isCut: rows.length > lookedAt,
    hour: slots[chosen] ?? null,
    quiet: quietOf(slots, cells, now),
    closed: taken.most(shown.reasons),
    changes: changesOf(tasks, zone, spansOf, now),
    paused: { tasks: paused.slice(0, shown.paused), more: paused.length > shown.paused },
    unrun: unrunTogether(unrun).slice(0, shown.unrun),
    zones: [...new Set(tasks.flatMap(({ time_zone }) => time_zone ?? []))].sort().slice(0, shown.zones),
  };
}

/** In each hour; the first has begun, and the last may be cut off. */
const firesInEach = ({ open, shut }: FiringCounts): boolean =>
  open.length > 12 && open.every((count, slot) => slot === 0 || slot === open.length - 1 || count + (shut[slot] ?? 0) > 0);

function sumOf(counts: Uint32Array): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}

/** Of an hour that was asked for, the first firing in it. */
function inHour(tasks: readonly BoardTask[], hour: HourSlot | undefined, now: number): BoardTask[] {
  if (hour === undefined) return [...tasks];
  const from = Math.max(hour.from, now) - 1;
  return tasks
    .map((task) => {
      const every = (task.every_seconds ?? 0) * 1000;
      const phase = task.next_fire_at ?? 0;
      const at = task.type === 'Interval' ? phase + Math.ceil((from + 1 - phase) / every) * every : nextTiming(task, from);
      return { ...task, at };
    })
    .sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
}

/** At least two whole hours. */
function quietOf(slots: readonly HourSlot[], cells: BoardCells, now: number): ScheduleBoard['quiet'] {
  let best: { from: number; to: number } | null = null;
  let from: number | null = null;
  for (const [index, slot] of slots.entries()) {
    if (cells.openIn(index) > 0) {
      from = null;
      continue;
    }
    from ??= Math.max(slot.from, now);
    if (slot.to - from > (best === null ? 2 * hourMs : best.to - best.from)) best = { from, to: slot.to };
  }
  return best;
}

function changesOf(
  tasks: readonly PlannedTask[],
  shownZone: string,
  spansOf: (zone: string) => readonly OffsetSpan[],
  now: number,
): ClockChange[] {
  const byZone = Map.groupBy(
    tasks.filter(({ time_zone }) => time_zone !== null),
    ({ time_zone }) => time_zone ?? '',
  );
  if (!byZone.has(shownZone)) byZone.set(shownZone, []);
  return [...byZone]
    .slice(0, shown.zones)
    .flatMap(([zone, some]) => clockChanges(zone, spansOf(zone), now, some))
    .sort((a, b) => a.at - b.at);
}
