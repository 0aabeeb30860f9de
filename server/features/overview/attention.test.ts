import { expect, test } from '@jest/globals';
import { hostsInNeed } from './attention.ts';

const now = 1_000_000_000;
const hour = 3_600_000;
const metrics = {
  cpuPercent: 5, memoryUsedBytes: 10, memoryTotalBytes: 100, diskUsedBytes: 10, diskTotalBytes: 100, load1: 0, agentMemoryBytes: 1,
}; // biome-ignore format: a sample
const host = (name: string, given: Partial<Parameters<typeof hostsInNeed>[0][number]> = {}) => ({
  id: `agt_${name}`,
  name,
  status: 'Online' as const,
  connected: true,
  lastSeenAt: now,
  metrics,
  facts: { cpus: 4 },
  duplicate: null,
  otherProtocol: null,
  ...given,
});
const namesOf = (hosts: Parameters<typeof hostsInNeed>[0], most = 10) => {
  const { hosts: shown, count } = hostsInNeed(hosts, { now, heartbeatSeconds: 10, most });
  return { names: shown.map(({ name, why }) => `${name}: ${why}`), count };
};

test('hosts with one identity come first, then those that went silent, the latest of them at the top, then those that are short of something', () => {
  expect(
    namesOf([
      host('well'),
      host('twice', {
        duplicate: { since: now, lastAt: now, hosts: [] },
        lastSeenAt: now - hour,
        status: 'Offline',
        connected: false,
      }),
      host('full', { metrics: { ...metrics, diskUsedBytes: 99 } }),
      host('late', { lastSeenAt: now - 40_000 }),
      host('gone-before', { status: 'Offline', connected: false, lastSeenAt: now - 5 * hour }),
      host('gone-now', { status: 'Offline', connected: false, lastSeenAt: now - hour }),
    ]),
  ).toEqual({ names: ['twice: Duplicated', 'gone-now: Gone', 'gone-before: Gone', 'late: Late', 'full: Disk full'], count: 5 });
});

test('a host that has been gone for more than a day, was never heard of, or was revoked is no news', () => {
  expect(
    namesOf([
      host('old', { status: 'Offline', connected: false, lastSeenAt: now - 25 * hour }),
      host('never', { status: 'Offline', connected: false, lastSeenAt: null }),
      host('revoked', { status: 'Revoked', connected: false, lastSeenAt: now - hour }),
    ]),
  ).toEqual({ names: [], count: 0 });
});

test('only so many are shown, and all are counted', () => {
  const many = Array.from({ length: 10_000 }, (_, index) => host(`h${index}`, { connected: false }));
  const { names, count } = namesOf(many, 6);
  expect([names.length, count]).toEqual([6, 10_000]);
});
