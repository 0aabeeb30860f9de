import { type MetricName, type MetricRange, type MetricSeries, metricNames } from '../../../shared/api/metrics.ts';
import { type LevelName, stepAt, stepSecondsOf } from './levels.ts';

/** Which level a chart is drawn from, and how many of its steps make one of the chart's, so that none has more than 500. */
type Range = { readonly level: LevelName; readonly seconds: number; readonly merge: number };

const ranges: Readonly<Record<MetricRange, Range>> = {
  '1h': { level: 'raw', seconds: 3600, merge: 1 },
  '24h': { level: 'minute', seconds: 86_400, merge: 3 },
  '7d': { level: 'quarter', seconds: 7 * 86_400, merge: 2 },
  '90d': { level: 'quarter', seconds: 90 * 86_400, merge: 24 },
};

/** What of a level a chart shows at this moment; its last step holds it. All in seconds. */
export type Span = {
  readonly level: LevelName;
  /** of the level */
  readonly stepSeconds: number;
  readonly merge: number;
  readonly from: number;
  readonly to: number;
};

export function spanOf(range: MetricRange, now: number): Span {
  const { level, seconds, merge } = ranges[range];
  const stepSeconds = stepSecondsOf[level];
  const to = stepAt(stepSeconds * merge, now) + stepSeconds * merge;
  return { level, stepSeconds, merge, from: to - seconds, to };
}

export type Series = Record<MetricName, (number | null)[]>;

/**
 * Draws a line over the steps in which no heartbeat came although the host was well, because heartbeats are further apart than the steps,
 * or one was a moment late. A host that missed two is a gap.
 */
export function bridged(values: readonly (number | null)[], stepSeconds: number, heartbeatSeconds: number): (number | null)[] {
  const widest = (2.5 * heartbeatSeconds) / stepSeconds;
  const result = [...values];
  let known: number | undefined;
  for (const [at, value] of values.entries()) {
    if (value === null) continue;
    if (known !== undefined && at - known > 1 && at - known <= widest) {
      const before = values[known] as number;
      for (let between = known + 1; between < at; between += 1)
        result[between] = before + ((value - before) * (between - known)) / (at - known);
    }
    known = at;
  }
  return result;
}

/** Joins every `count` steps to one: the mean of what is known, or the highest. */
export function merged(values: readonly (number | null)[], count: number, how: 'mean' | 'highest'): (number | null)[] {
  if (count === 1) return [...values];
  return Array.from({ length: Math.ceil(values.length / count) }, (_, index) => {
    const known = values.slice(index * count, (index + 1) * count).filter((value) => value !== null);
    if (known.length === 0) return null;
    return how === 'highest' ? Math.max(...known) : known.reduce((sum, value) => sum + value, 0) / known.length;
  });
}

export const emptySeries = (length: number): Series =>
  Object.fromEntries(metricNames.map((name) => [name, new Array<number | null>(length).fill(null)])) as Series;

/** From the steps of a level to those of the answer. */
export function chartSeries(series: Series, { stepSeconds, merge }: Span, heartbeatSeconds: number): MetricSeries['series'] {
  const of = (name: MetricName): (number | null)[] =>
    merged(bridged(series[name], stepSeconds, heartbeatSeconds), merge, name === 'cpuMaxPercent' ? 'highest' : 'mean').map(
      (value) => rounded(name, value),
    );
  return Object.fromEntries(metricNames.map((name) => [name, of(name)])) as MetricSeries['series'];
}

const rounded = (name: MetricName, value: number | null): number | null =>
  value === null ? null : name.startsWith('network') ? Math.round(value) : Math.round(value * 100) / 100;
