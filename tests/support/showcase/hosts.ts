import { createRandom } from '../../../bench/seed/random.ts';
import type { Facts, Metrics } from '../../../shared/metrics.ts';

/** A host of the fleet that is shown: what it is, and how it does at any moment. The same for every showing. */
export type ShownHost = {
  readonly name: string;
  readonly role: string;
  readonly tags: readonly string[];
  readonly os: 'linux' | 'win32';
  readonly facts: Facts;
  readonly runtimes: Readonly<Record<string, string>>;
  /** `gone` since hours, `silent` since two minutes; the others are connected */
  readonly presence: 'connected' | 'silent' | 'gone';
  /** @param at ms since the epoch */
  metricsAt(at: number): Metrics;
};

const GiB = 1024 ** 3;
const MiB = 1024 ** 2;
const dayMs = 86_400_000;
const shares = { web: 0.48, app: 0.2, db: 0.1, cache: 0.08, edge: 0.1, win: 0.04 } as const;
const regions = ['fra1', 'ams2', 'nyc3', 'sgp1'] as const;
const systems = [['Debian', '12.7'], ['Ubuntu', '24.04'], ['Rocky Linux', '9.4']] as const; // biome-ignore format: a table

/** @param count at least 25, so that every host that something is told of is there */
export function showcaseHosts(count: number): ShownHost[] {
  const random = createRandom(5);
  return Object.entries(shares).flatMap(([role, share]) => {
    const length = Math.max(2, Math.round(count * share));
    return Array.from({ length }, (_, index): ShownHost => {
      const number = String(index + 1).padStart(3, '0');
      const region = regions[index % regions.length] as string;
      const isWindows = role === 'win';
      const [osName, osVersion] = isWindows ? ['Windows Server', '2022'] : random.pick(systems);
      const cpus = random.pick([4, 8, 16, 32]);
      const name = `${role}-${number}`;
      const memoryGb = cpus * random.pick([2, 4]);
      return {
        name,
        role,
        tags: [
          role,
          `region=${region}`,
          `env=${index >= length * 0.9 ? 'staging' : 'prod'}`,
          ...(index % 20 === 3 ? ['canary'] : []),
        ],
        os: isWindows ? 'win32' : 'linux',
        facts: {
          hostname: name,
          os: isWindows ? 'win32' : 'linux',
          os_name: osName,
          os_version: osVersion,
          kernel: isWindows ? '10.0.20348' : '6.1.0-25-amd64',
          arch: 'x64',
          cpus,
          memory_gb: memoryGb,
          ip: `10.20.${regions.indexOf(region as never)}.${index + 10}`,
          timezone: 'Etc/UTC',
          virtualization: 'kvm',
        },
        runtimes: isWindows
          ? { node: '24.21.0', powershell: '5.1' }
          : { node: '24.21.0', bash: '5.2.15', python: '3.11.2', docker: '27.3.1' },
        presence: presenceOf(role, index),
        metricsAt: metricsOf({
          cpus,
          memoryGb,
          phase: random.next(),
          busy: role === 'db' && index === 1 ? 1 : random.next() ** 2,
          full: role === 'cache' && index === 1 ? 0.97 : 0.2 + random.next() * 0.5,
          seed: random.between(1, 1e6),
        }),
      };
    });
  });
}

function presenceOf(role: string, index: number): ShownHost['presence'] {
  if (role === 'edge' && index === 2) return 'silent';
  return (role === 'web' && (index === 8 || index === 40)) || (role === 'win' && index === 1) ? 'gone' : 'connected';
}

type Nature = {
  readonly cpus: number;
  readonly memoryGb: number;
  /** 0 to 1: when its day begins */
  readonly phase: number;
  /** 0 to 1 */
  readonly busy: number;
  /** share of its disk */
  readonly full: number;
  readonly seed: number;
};

/** A day has a hill, an hour has ripples, and every so often something large runs. */
function metricsOf({ cpus, memoryGb, phase, busy, full, seed }: Nature): (at: number) => Metrics {
  const diskTotal = 160 * GiB;
  return (at) => {
    const day = Math.sin((at / dayMs + phase) * 2 * Math.PI) * 0.5 + 0.5;
    const ripple = Math.sin(at / 437_000 + seed) * 0.5 + Math.sin(at / 61_000 + seed * 3) * 0.3;
    const isBatch = Math.floor(at / 900_000 + seed) % 17 === 0;
    const load = Math.min(1, Math.max(0.01, 0.05 + busy * 0.45 + day * 0.18 + ripple * 0.06 + (isBatch ? 0.25 : 0)));
    const memory = Math.min(0.98, 0.25 + busy * 0.4 + day * 0.08 + ripple * 0.02);
    const growing = (at % (3 * dayMs)) / (3 * dayMs);
    return {
      cpuPercent: Math.round(load * 1000) / 10,
      memoryUsedBytes: Math.round(memory * memoryGb * GiB),
      memoryTotalBytes: memoryGb * GiB,
      diskUsedBytes: Math.round(Math.min(0.99, full + growing * 0.02) * diskTotal),
      diskTotalBytes: diskTotal,
      load1: Math.round(load * cpus * (busy === 1 ? 2.6 : 0.9) * 100) / 100,
      agentMemoryBytes: 54 * MiB,
      networkReceiveBytesPerSecond: Math.round((0.2 + day + ripple * 0.2) * load * 30 * MiB),
      networkTransmitBytesPerSecond: Math.round((0.2 + day - ripple * 0.1) * load * 12 * MiB),
    };
  };
}
