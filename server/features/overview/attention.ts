import type { AgentStatus } from '../../../shared/api/agents.ts';
import { type Concern, concernsOf } from '../agents/agent-concerns.ts';
import type { AgentView } from '../agents/agents.ts';

/** A host that somebody should look at, and why. */
export type HostInNeed = {
  readonly id: string;
  readonly name: string;
  readonly status: AgentStatus;
  readonly why: string;
  /** of its last heartbeat, ms */
  readonly lastSeenAt: number | null;
};

type WatchedHost = Pick<AgentView, 'id' | 'name' | 'status' | 'connected' | 'lastSeenAt' | 'metrics' | 'facts'>;

const recentlyMs = 24 * 3_600_000;
const weights: Readonly<Record<Concern['kind'], number>> = { silent: 5, late: 4, disk: 3, memory: 2, load: 1 };
const goneWeight = 6;

/**
 * Hosts that went silent within the last day first (the latest first), then those that are short of something. One that has been gone for
 * longer is no news. One pass over all hosts in memory.
 *
 * @returns at most `most` of them, and how many there are
 */
export function hostsInNeed(
  hosts: readonly WatchedHost[],
  { now, heartbeatSeconds, most }: { readonly now: number; readonly heartbeatSeconds: number; readonly most: number },
): { readonly hosts: readonly HostInNeed[]; readonly count: number } {
  const found: { readonly host: WatchedHost; readonly why: string; readonly weight: number }[] = [];
  for (const host of hosts) {
    if (host.status === 'Offline') {
      if (host.lastSeenAt !== null && now - host.lastSeenAt < recentlyMs) found.push({ host, why: 'Gone', weight: goneWeight });
      continue;
    }
    const [worst] = concernsOf(host, now, heartbeatSeconds).sort((a, b) => weights[b.kind] - weights[a.kind]);
    if (worst !== undefined) found.push({ host, why: worst.word, weight: weights[worst.kind] });
  }
  found.sort(
    (a, b) => b.weight - a.weight || (b.host.lastSeenAt ?? 0) - (a.host.lastSeenAt ?? 0) || (a.host.name < b.host.name ? -1 : 1),
  );
  return {
    hosts: found.slice(0, most).map(({ host: { id, name, status, lastSeenAt }, why }) => ({ id, name, status, lastSeenAt, why })),
    count: found.length,
  };
}
