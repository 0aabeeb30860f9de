import { describe, expect, it } from '@jest/globals';
import { concernsOf } from './agent-concerns.ts';

const now = 1_000_000;
const well = {
  status: 'Online' as const,
  connected: true,
  lastSeenAt: now - 12_000,
  facts: { cpus: 4 },
  metrics: {
    cpuPercent: 100,
    memoryUsedBytes: 50,
    memoryTotalBytes: 100,
    diskUsedBytes: 50,
    diskTotalBytes: 100,
    load1: 7.9,
    agentMemoryBytes: 1,
  },
};
const kinds = (agent: Parameters<typeof concernsOf>[0]) => concernsOf(agent, now, 10).map(({ kind }) => kind);

describe('what somebody should look at', () => {
  it('is nothing of a host that works hard and answers', () => expect(kinds(well)).toEqual([]));

  it('is a heartbeat that does not come, long before the host counts as Offline', () => {
    expect(kinds({ ...well, lastSeenAt: now - 26_000 })).toEqual(['late']);
    expect(kinds({ ...well, connected: false })).toEqual(['silent']);
  });

  it('is a load far over the cores, and memory and disk that are nearly full', () => {
    const metrics = { ...well.metrics, load1: 8.1, memoryUsedBytes: 96, diskUsedBytes: 95 };
    expect(kinds({ ...well, metrics })).toEqual(['load', 'memory', 'disk']);
    expect(kinds({ ...well, metrics, facts: {} })).toEqual(['memory', 'disk']);
  });

  it('is not said again of a host whose status says it', () => {
    expect(kinds({ ...well, status: 'Offline', connected: false })).toEqual([]);
    expect(kinds({ ...well, metrics: null, lastSeenAt: null })).toEqual([]);
  });
});
