import type { Metrics } from '../../../shared/metrics.ts';
import type { Sample } from './sample.ts';

/** Sums over the samples of the step that is going on, for one level of one host. */
export type RunningStep = {
  /** start of the step, in seconds; undefined before the first sample */
  at: number | undefined;
  samples: number;
  networkSamples: number;
  cpu: number;
  cpuMax: number;
  memory: number;
  disk: number;
  load: number;
  receive: number;
  transmit: number;
};

export const newStep = (at?: number): RunningStep => ({
  at,
  samples: 0,
  networkSamples: 0,
  cpu: 0,
  cpuMax: 0,
  memory: 0,
  disk: 0,
  load: 0,
  receive: 0,
  transmit: 0,
});

export function addTo(step: RunningStep, metrics: Metrics): void {
  const { networkReceiveBytesPerSecond: receive, networkTransmitBytesPerSecond: transmit } = metrics;
  step.samples += 1;
  step.cpu += metrics.cpuPercent;
  step.cpuMax = Math.max(step.cpuMax, metrics.cpuPercent);
  step.memory += share(metrics.memoryUsedBytes, metrics.memoryTotalBytes);
  step.disk += share(metrics.diskUsedBytes, metrics.diskTotalBytes);
  step.load += metrics.load1;
  if (receive === undefined || transmit === undefined) return;
  step.networkSamples += 1;
  step.receive += receive;
  step.transmit += transmit;
}

/** @throws never: a step without samples is all null */
export function averageOf(step: RunningStep): Sample {
  const mean = (sum: number, samples: number): number | null => (samples === 0 ? null : sum / samples);
  return {
    cpuPercent: mean(step.cpu, step.samples),
    cpuMaxPercent: step.samples === 0 ? null : step.cpuMax,
    memoryPercent: mean(step.memory, step.samples),
    diskPercent: mean(step.disk, step.samples),
    load1: mean(step.load, step.samples),
    networkReceiveBytesPerSecond: mean(step.receive, step.networkSamples),
    networkTransmitBytesPerSecond: mean(step.transmit, step.networkSamples),
  };
}

const share = (part: number, whole: number): number => (whole > 0 ? Math.min(100, (part / whole) * 100) : 0);
