import * as z from 'zod';
import { instant } from './listing.ts';

/** How far back a chart looks. */
export const metricRanges = ['1h', '24h', '7d', '90d'] as const;
export type MetricRange = (typeof metricRanges)[number];

/** What is kept of a host over time. Shares are percentages from 0 to 100. */
export const metricNames = [
  'cpuPercent',
  'cpuMaxPercent',
  'memoryPercent',
  'diskPercent',
  'load1',
  'networkReceiveBytesPerSecond',
  'networkTransmitBytesPerSecond',
] as const;
export type MetricName = (typeof metricNames)[number];

/** null: nothing was heard of the host in this step, or it did not tell */
const points = z.array(z.number().nullable());

export const metricSeries = z
  .object({
    range: z.enum(metricRanges),
    /** start of the first step; the last one holds the present moment */
    from: instant,
    stepSeconds: z.int(),
    /** one value for each step, at most 500: averages, and the highest sample of the CPU beside its average */
    series: z.object({
      cpuPercent: points,
      cpuMaxPercent: points,
      memoryPercent: points,
      diskPercent: points,
      load1: points,
      networkReceiveBytesPerSecond: points,
      networkTransmitBytesPerSecond: points,
    } satisfies Record<MetricName, typeof points>),
  })
  .meta({ id: 'MetricSeries' });
export type MetricSeries = z.infer<typeof metricSeries>;

export const metricQuery = z.strictObject({ range: z.enum(metricRanges).default('1h') });
