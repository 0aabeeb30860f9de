import type { Metrics } from '../../shared/metrics.ts';

/** Of a host that has next to nothing to do, where a test does not ask for more. */
export const idleMetrics: Metrics = {
  cpuPercent: 1,
  memoryUsedBytes: 1,
  memoryTotalBytes: 2,
  diskUsedBytes: 1,
  diskTotalBytes: 2,
  load1: 0,
  agentMemoryBytes: 1,
};

export const heartbeat = { type: 'heartbeat', metrics: idleMetrics } as const;
