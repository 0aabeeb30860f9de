import type { MetricName, MetricSeries } from '../../../shared/api/metrics.ts';
import { format } from '../../platform/web/format.ts';

/** The charts of a host in words and numbers: what a reader without script, or without eyes for charts, has of them. */
export type MetricLine = {
  readonly label: string;
  /** the last that is known */
  readonly now: string;
  readonly lowest: string;
  readonly mean: string;
  readonly highest: string;
};

export const metricSummary = ({ series }: Pick<MetricSeries, 'series'>): MetricLine[] =>
  lines.map(({ label, name, highest = name, write }) => {
    const values = known(series[name]);
    const peaks = known(series[highest]);
    const said = (value: number | undefined): string => (value === undefined ? '–' : write(value));
    return {
      label,
      now: said(values.at(-1)),
      lowest: said(least(values)),
      mean: said(values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length),
      highest: said(most(peaks)),
    };
  });

const percent = (value: number): string => `${value.toFixed(1)} %`;
const perSecond = (value: number): string => `${format.bytes(Math.round(value))}/s`;

const lines: readonly {
  readonly label: string;
  readonly name: MetricName;
  readonly highest?: MetricName;
  readonly write: (value: number) => string;
}[] = [
  { label: 'CPU', name: 'cpuPercent', highest: 'cpuMaxPercent', write: percent },
  { label: 'RAM', name: 'memoryPercent', write: percent },
  { label: 'Disk', name: 'diskPercent', write: percent },
  { label: 'Load', name: 'load1', write: (value) => value.toFixed(2) },
  { label: 'Network in', name: 'networkReceiveBytesPerSecond', write: perSecond },
  { label: 'Network out', name: 'networkTransmitBytesPerSecond', write: perSecond },
];

const known = (values: readonly (number | null)[]): number[] => values.filter((value) => value !== null);
const least = (values: readonly number[]): number | undefined => (values.length === 0 ? undefined : Math.min(...values));
const most = (values: readonly number[]): number | undefined => (values.length === 0 ? undefined : Math.max(...values));
