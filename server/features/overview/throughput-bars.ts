import type { ThroughputTable } from '../../schema/tables/overview.tables.ts';

/** What the small chart of the overview draws: one bar per minute, in percent of the picture. */
export type ThroughputBars = {
  readonly bars: readonly Bar[];
  readonly ended: number;
  readonly failed: number;
  readonly mostInAMinute: number;
};

export type Bar = {
  readonly minute: number;
  readonly ended: number;
  readonly failed: number;
  /** from the left and from the top, in units of the picture (240 × 48) */
  readonly x: number;
  readonly parts: readonly { readonly tone: 'good' | 'bad' | 'off'; readonly y: number; readonly height: number }[];
};

export const picture = { width: 240, height: 48 } as const;
/** One failure among thousands is to be seen. */
const leastHeight = 1.5;

export function throughputBars(minutes: readonly ThroughputTable[]): ThroughputBars {
  const totals = minutes.map(({ succeeded, failed, other }) => succeeded + failed + other);
  const most = Math.max(0, ...totals);
  const step = picture.width / Math.max(1, minutes.length);
  const scaled = (count: number): number =>
    count === 0 ? 0 : Math.max(leastHeight, (count / most) * (picture.height - 2 * leastHeight));
  return {
    ended: totals.reduce((sum, total) => sum + total, 0),
    failed: minutes.reduce((sum, { failed }) => sum + failed, 0),
    mostInAMinute: most,
    bars: minutes.map(({ minute, succeeded, failed, other }, index) => {
      let y: number = picture.height;
      const stacked = [
        { tone: 'bad', count: failed },
        { tone: 'good', count: succeeded },
        { tone: 'off', count: other },
      ] as const;
      const parts = stacked
        .filter(({ count }) => count > 0)
        .map(({ tone, count }) => {
          const height = rounded(scaled(count));
          y = rounded(y - height);
          return { tone, y, height };
        });
      return { minute, ended: totals[index] ?? 0, failed, x: rounded(index * step), parts };
    }),
  };
}

const rounded = (value: number): number => Math.round(value * 100) / 100;
