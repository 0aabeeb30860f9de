import type { FiringCounts } from './firing-counts.ts';
import type { HourSlot } from './hour-slots.ts';

/** A day of the calendar, with its 24 hours; null: not within the time that is looked at. */
export type Day = {
  readonly date: string;
  readonly open: number;
  readonly shut: number;
  readonly cells: readonly (Cell | null)[];
};

export type Cell = {
  readonly hour: number;
  readonly from: number;
  readonly open: number;
  readonly shut: number;
  /** of the firings that run, in a few steps from 0 (none) to 4 */
  readonly level: number;
  readonly tasks: number;
  /** a few of them, with how often each fires */
  readonly names: readonly { readonly name: string; readonly firings: number }[];
  /** clocks are moved: the hour comes twice, or not at all */
  readonly clocks: 'twice' | 'none' | null;
};

/** Adds up what the tasks do in each slot. */
export type BoardCells = {
  /** @param name null: only what the calendar takes of it is shown */
  add(name: string | null, counts: FiringCounts): void;
  openIn(slot: number): number;
  days(slots: readonly HourSlot[]): readonly Day[];
};

const namedAtMost = 3;
/** How many firings make each level. */
const steps = [0, 1, 2, 5, 20];

export function createCells(slots: number): BoardCells {
  const open = new Float64Array(slots);
  const shut = new Float64Array(slots);
  const tasks = new Uint32Array(slots);
  const names: { name: string; firings: number }[][] = Array.from({ length: slots }, () => []);

  function cellOf(hour: number, indexes: readonly number[], at: readonly HourSlot[]): Cell {
    const all = (counts: Float64Array | Uint32Array): number => indexes.reduce((total, index) => total + (counts[index] ?? 0), 0);
    const firings = all(open);
    return {
      hour,
      from: at[indexes[0] ?? 0]?.from ?? 0,
      open: firings,
      shut: all(shut),
      level: steps.findLastIndex((least) => firings >= least),
      tasks: Math.max(...indexes.map((index) => tasks[index] ?? 0)),
      names: names[indexes[0] ?? 0] ?? [],
      clocks: indexes.length > 1 ? 'twice' : null,
    };
  }

  return {
    add(name, counts) {
      for (let slot = 0; slot < slots; slot += 1) {
        const firings = counts.open[slot] ?? 0;
        shut[slot] = (shut[slot] ?? 0) + (counts.shut[slot] ?? 0);
        if (firings === 0 || name === null) continue;
        open[slot] = (open[slot] ?? 0) + firings;
        tasks[slot] = (tasks[slot] ?? 0) + 1;
        const named = names[slot];
        if (named !== undefined && named.length < namedAtMost) named.push({ name, firings });
      }
    },
    openIn: (slot) => open[slot] ?? 0,
    days(at) {
      const byDate = Map.groupBy(at.keys(), (index) => at[index]?.date ?? '');
      return [...byDate].map(([date, indexes]): Day => {
        const byHour = Map.groupBy(indexes, (index) => at[index]?.hour ?? 0);
        const hours = [...byHour.keys()];
        const [first, last] = [Math.min(...hours), Math.max(...hours)];
        const cells = Array.from({ length: 24 }, (_, hour): Cell | null => {
          const own = byHour.get(hour);
          if (own !== undefined) return cellOf(hour, own, at);
          const isJumped = hour > first && hour < last;
          return isJumped ? { hour, from: 0, open: 0, shut: 0, level: 0, tasks: 0, names: [], clocks: 'none' } : null;
        });
        const total = (counts: Float64Array): number => indexes.reduce((all, index) => all + (counts[index] ?? 0), 0);
        return { date, open: total(open), shut: total(shut), cells };
      });
    },
  };
}
