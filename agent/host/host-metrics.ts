import { statfsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { freemem, loadavg, totalmem } from 'node:os';
import type { Metrics } from '../../shared/metrics.ts';
import type { Clock } from '../clock.ts';
import { type CpuTimes, cpuShare, readCpuTimes } from './cpu-share.ts';
import { readNetworkBytes } from './network-counters.ts';
import { createNetworkRate } from './network-rate.ts';

/** Samples of the host. A sample costs a few system calls, and on Linux starts no process, so that an idle agent stays idle. */
export type HostMetrics = {
  /** The CPU share and the rates of the network are those since the sample before. */
  sample(): Promise<Metrics>;
  /** of the disk that holds the agent's folder; at most a tenth of a second old */
  freeDiskBytes(): number;
};

const diskAgeMs = 100;

export function createHostMetrics({ folder, clock }: { readonly folder: string; readonly clock: Clock }): HostMetrics {
  let cpuBefore: CpuTimes = readCpuTimes();
  const networkRates = createNetworkRate({ read: readNetworkBytes, clock });
  let disk = { free: Number.POSITIVE_INFINITY, readAt: Number.NEGATIVE_INFINITY };

  return {
    async sample() {
      const cpuNow = readCpuTimes();
      const cpuPercent = cpuShare(cpuBefore, cpuNow);
      cpuBefore = cpuNow;
      const total = totalmem();
      return {
        cpuPercent: Math.round(cpuPercent * 10) / 10,
        memoryUsedBytes: Math.max(0, total - freemem()),
        memoryTotalBytes: total,
        ...(await diskOf(folder)),
        load1: loadavg()[0] ?? 0,
        agentMemoryBytes: process.memoryUsage.rss(),
        ...(await networkRates()),
      };
    },
    freeDiskBytes() {
      if (clock.monotonic() - disk.readAt >= diskAgeMs) disk = { free: readFree(folder), readAt: clock.monotonic() };
      return disk.free;
    },
  };
}

async function diskOf(folder: string): Promise<Pick<Metrics, 'diskUsedBytes' | 'diskTotalBytes'>> {
  try {
    const { bsize, blocks, bfree } = await statfs(folder);
    return { diskUsedBytes: bsize * (blocks - bfree), diskTotalBytes: bsize * blocks };
  } catch {
    return { diskUsedBytes: 0, diskTotalBytes: 0 };
  }
}

/** A disk that does not tell is not taken for a full one. */
function readFree(folder: string): number {
  try {
    const { bsize, bavail } = statfsSync(folder);
    return bsize * bavail;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
