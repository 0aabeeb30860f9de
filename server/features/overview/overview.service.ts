import type { LockList } from '../../../shared/api/locks.ts';
import type { Run } from '../../../shared/api/runs.ts';
import type { Clock } from '../../platform/clock.ts';
import type { AgentsService } from '../agents/agents.service.ts';
import type { Finder, NextFiring } from '../tasks/finder.service.ts';
import { type HostInNeed, hostsInNeed } from './attention.ts';
import type { Throughput } from './throughput.service.ts';
import { type ThroughputBars, throughputBars } from './throughput-bars.ts';

/** The state of everything at a glance, from memory and from a few rows found by an index. */
export type Overview = {
  readonly hosts: Readonly<Record<'Online' | 'Idle' | 'Offline' | 'Revoked', number>>;
  readonly inNeed: { readonly hosts: readonly HostInNeed[]; readonly count: number };
  readonly runsActive: number;
  readonly executionsOpen: Readonly<Record<string, number>>;
  /** counted no further than `mostFailures` */
  readonly failures: number;
  readonly failedRuns: readonly Run[];
  readonly recentRuns: readonly Run[];
  readonly firings: readonly NextFiring[];
  readonly locks: LockList['items'];
  readonly throughput: ThroughputBars;
};

export type OverviewResources = {
  readonly clock: Clock;
  readonly agents: Pick<AgentsService, 'all' | 'counts'>;
  readonly runs: () => Promise<{
    readonly runsActive: number;
    readonly executionsOpen: Readonly<Record<string, number>>;
    readonly failedLastDay: readonly Run[];
    readonly recentRuns: readonly Run[];
  }>;
  readonly finder: Pick<Finder, 'nextFirings' | 'failedSince'>;
  readonly locks: () => Promise<LockList>;
  readonly throughput: Pick<Throughput, 'lastHour'>;
  readonly heartbeatSeconds: number;
};

export const mostFailures = 1000;
const dayMs = 86_400_000;
const shown = { hostsInNeed: 6, firings: 6, failedRuns: 6, recentRuns: 10 } as const;

export async function readOverview(resources: OverviewResources): Promise<Overview> {
  const { clock, agents, finder, throughput, heartbeatSeconds } = resources;
  const { online, idle, offline, revoked } = agents.counts();
  const [{ runsActive, executionsOpen, failedLastDay, recentRuns }, failures, firings, locks] = await Promise.all([
    resources.runs(),
    finder.failedSince(clock.now() - dayMs, mostFailures),
    finder.nextFirings(shown.firings),
    resources.locks(),
  ]);
  return {
    hosts: { Online: online, Idle: idle, Offline: offline, Revoked: revoked },
    inNeed: hostsInNeed(agents.all(), { now: clock.now(), heartbeatSeconds, most: shown.hostsInNeed }),
    runsActive,
    executionsOpen,
    failures,
    failedRuns: failedLastDay.slice(0, shown.failedRuns),
    recentRuns: recentRuns.slice(0, shown.recentRuns),
    firings,
    locks: locks.items,
    throughput: throughputBars(throughput.lastHour()),
  };
}
