import { describe, expect, it } from '@jest/globals';
import { protocolVersion } from '../../../shared/protocol.ts';
import { concernsOf } from './agent-concerns.ts';

const now = 1_000_000;
const well = {
  status: 'Online' as const,
  connected: true,
  lastSeenAt: now - 12_000,
  facts: { cpus: 4 },
  duplicate: null,
  otherProtocol: null,
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

  it('is an identity that two hosts use, with both of them and the remedy, whatever the status', () => {
    const hosts = [
      { name: 'web01', address: '10.0.0.5', lastAt: now },
      { name: null, address: '10.0.0.9', lastAt: now },
    ];
    const twice = { ...well, duplicate: { since: now, lastAt: now, hosts } };
    expect(concernsOf({ ...twice, status: 'Offline' }, now, 10)).toEqual([
      expect.objectContaining({ kind: 'duplicate', text: expect.stringContaining('web01 (10.0.0.5) and 10.0.0.9') }),
    ]);
    expect(kinds(twice)).toEqual(['duplicate']);
    expect(kinds({ ...twice, status: 'Revoked' })).toEqual([]);
  });

  it('is an agent that speaks another protocol and cannot come in, with what to do', () => {
    const older = concernsOf({ ...well, status: 'Offline', connected: false, otherProtocol: protocolVersion - 1 }, now, 10);
    expect(older).toEqual([expect.objectContaining({ kind: 'protocol', text: expect.stringContaining('update by itself') })]);
    const [newer] = concernsOf({ ...well, otherProtocol: protocolVersion + 1 }, now, 10);
    expect(newer?.text).toContain('Update the server');
  });

  it('is not said again of a host whose status says it', () => {
    expect(kinds({ ...well, status: 'Offline', connected: false })).toEqual([]);
    expect(kinds({ ...well, metrics: null, lastSeenAt: null })).toEqual([]);
  });
});
