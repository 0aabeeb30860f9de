import { numberText } from '../table.ts';
import type { PageWatched } from './watch-page.ts';

/** What the dashboard promises of the page of a run on ten thousand hosts. */
const goals: Partial<Record<keyof PageWatched, number>> = {
  firstByte: 100,
  interactive: 1000,
  longestTaskAtOpening: 100,
  longestTask: 100,
};

const names: Readonly<Record<keyof PageWatched, string>> = {
  firstByte: 'first byte, ms',
  firstPaint: 'first paint, ms',
  interactive: 'interactive, ms',
  longestTaskAtOpening: 'longest task while it opens, ms',
  longestTask: 'longest task afterwards, ms',
  longestFrame: 'longest time between two frames, ms',
  changesPerSecond: 'changes shown per second',
  heapMiB: 'script memory, MiB',
};

/** Least, median and most of all openings. */
export function openingsTable(openings: readonly PageWatched[]): string {
  const rows = (Object.keys(names) as (keyof PageWatched)[]).map((key) => {
    const values = openings.map((opening) => opening[key]).sort((a, b) => a - b);
    const goal = goals[key];
    const median = values[Math.floor(values.length / 2)] ?? Number.NaN;
    const cells = [values[0] ?? Number.NaN, median, values.at(-1) ?? Number.NaN].map(numberText);
    return [names[key], ...cells, goal === undefined ? '' : `under ${goal}: ${median < goal ? 'met' : 'not met'}`];
  });
  const all = [['', 'least', 'median', 'most', 'goal'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  return all
    .map((line) =>
      line
        .map((text, column) =>
          column === 0 || column === 4 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
