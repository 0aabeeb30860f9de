import type { AgentsTable } from '../../server/schema/tables/agents.tables.ts';
import type { IdGenerator } from '../../shared/ids.ts';
import type { Metrics } from '../../shared/metrics.ts';
import type { Random } from './random.ts';

export type SeededHost = { readonly row: AgentsTable; readonly role: string };

const GiB = 1024 ** 3;
const roles = [
  ['web', 34], ['db', 8], ['cache', 8], ['queue', 6], ['build', 7], ['edge', 14], ['app', 15], ['win', 8],
] as const; // biome-ignore format: a table
const regions = ['fra1', 'ams2', 'lon1', 'nyc3', 'sfo2', 'sgp1'] as const;
const environments = [['prod', 7], ['staging', 2], ['dev', 1]] as const; // biome-ignore format: a table
const systems = { Debian: '12.7', Ubuntu: '24.04', 'Rocky Linux': '9.4' } as const;

/** A fleet as an operator has one: roles, regions, environments, most hosts well, some full, some gone. */
export function seedHosts(
  count: number,
  { random, newId, now }: { random: Random; newId: IdGenerator; now: number },
): SeededHost[] {
  const numbers = new Map<string, number>();
  return Array.from({ length: count }, (_, index) => {
    const role = random.weighted(roles);
    const region = random.pick(regions);
    const number = (numbers.get(role) ?? 0) + 1;
    numbers.set(role, number);
    const name = role === 'edge' ? `edge-${region}-${padded(number)}` : `${role}-${padded(number)}`;
    const isWindows = role === 'win';
    const cpus = random.pick([2, 4, 8, 16, 32]);
    const memory = cpus * random.pick([2, 4, 8]);
    const osName = isWindows ? 'Windows Server' : random.pick(Object.keys(systems));
    const row: AgentsTable = {
      id: newId('agent'),
      name,
      public_key: 'c2VlZGVk',
      tags: JSON.stringify([
        role,
        `env=${random.weighted(environments)}`,
        `region=${region}`,
        ...(random.next() < 0.1 ? ['canary'] : []),
      ]),
      os: isWindows ? 'win32' : 'linux',
      arch: random.next() < 0.8 ? 'x64' : 'arm64',
      version: random.next() < 0.97 ? '0.1.0' : '0.0.9',
      slots: 10,
      facts: JSON.stringify({
        hostname: name,
        os: isWindows ? 'win32' : 'linux',
        os_name: osName,
        os_version: isWindows ? '2022' : systems[osName as keyof typeof systems],
        kernel: isWindows ? '10.0.20348' : '6.1.0-25-amd64',
        cpus,
        memory_gb: memory,
        ip: `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`,
        timezone: 'Etc/UTC',
        virtualization: 'kvm',
      }),
      runtimes: JSON.stringify(
        isWindows ? { node: '24.21.0', powershell: '5.1' } : { node: '24.21.0', bash: '5.2.15', python: '3.11.2' },
      ),
      metrics: JSON.stringify(sampleOf(random, cpus, memory)),
      enrolled_at: now - 60 * 86_400_000 + index,
      last_seen_at: lastSeen(random, now),
      revoked_at: random.next() < 0.002 ? now - 86_400_000 : null,
      life_id: null,
      executable: null,
      other_protocol: null,
      duplicate: null,
    };
    return { row, role };
  });
}

export function sampleOf(random: Random, cpus: number, memoryGiB: number): Metrics {
  const busy = random.next() < 0.03;
  const disk = random.pick([40, 80, 160, 500]) * GiB;
  return {
    cpuPercent: Math.round((busy ? 80 + random.next() * 20 : random.next() ** 2 * 60) * 10) / 10,
    memoryUsedBytes: Math.round(memoryGiB * GiB * (busy ? 0.9 + random.next() * 0.09 : 0.2 + random.next() * 0.5)),
    memoryTotalBytes: memoryGiB * GiB,
    diskUsedBytes: Math.round(disk * (random.next() < 0.02 ? 0.95 + random.next() * 0.05 : 0.1 + random.next() * 0.6)),
    diskTotalBytes: disk,
    load1: Math.round((busy ? cpus * (1 + random.next() * 2) : random.next() * cpus * 0.6) * 100) / 100,
    agentMemoryBytes: random.between(50, 62) * 1024 ** 2,
  };
}

function lastSeen(random: Random, now: number): number {
  const chance = random.next();
  if (chance < 0.97) return now - random.between(0, 10_000);
  return chance < 0.975 ? now - random.between(70_000, 290_000) : now - random.between(400_000, 20 * 86_400_000);
}

const padded = (number: number): string => String(number).padStart(4, '0');
