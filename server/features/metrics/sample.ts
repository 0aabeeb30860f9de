import { type MetricName, metricNames } from '../../../shared/api/metrics.ts';

/**
 * One step of one host as seven numbers of 16 bits, in the order of `metricNames`. Shares and the load are in hundredths; rates of the
 * network are on a logarithmic scale, so that one byte and a hundred gigabits fit with an error of less than 0.05 %.
 */
export type Packed = readonly number[];
export type Sample = Readonly<Record<MetricName, number | null>>;

export const valuesPerSample = metricNames.length;
/** Stands for "not known", which is never 0. */
export const none = 0xffff;
const highest = none - 1;

export const pack = (sample: Sample): number[] => metricNames.map((name) => packValue(name, sample[name]));

export const unpackValue = (name: MetricName, packed: number): number | null =>
  packed === none ? null : scales[name].read(packed);

function packValue(name: MetricName, value: number | null): number {
  if (value === null || !Number.isFinite(value)) return none;
  return Math.min(highest, Math.max(0, Math.round(scales[name].write(value))));
}

type Scale = { readonly write: (value: number) => number; readonly read: (packed: number) => number };

const hundredths: Scale = { write: (value) => value * 100, read: (packed) => packed / 100 };

/** 1,500 steps to the doubling: 65,534 of them reach past ten terabytes a second. */
const stepsPerDoubling = 1500;
const logarithmic: Scale = {
  write: (value) => Math.log2(1 + Math.max(0, value)) * stepsPerDoubling,
  read: (packed) => Math.round(2 ** (packed / stepsPerDoubling) - 1),
};

const scales: Readonly<Record<MetricName, Scale>> = {
  cpuPercent: hundredths,
  cpuMaxPercent: hundredths,
  memoryPercent: hundredths,
  diskPercent: hundredths,
  load1: hundredths,
  networkReceiveBytesPerSecond: logarithmic,
  networkTransmitBytesPerSecond: logarithmic,
};
