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

type WatchedHost = Pick<
  AgentView,
  'id' | 'name' | 'status' | 'connected' | 'lastSeenAt' | 'metrics' | 'facts' | 'duplicate' | 'otherProtocol'
>;

const recentlyMs = 24 * 3_600_000;
const weights: Readonly<Record<Concern['kind'], number>> = {
  duplicate: 8,
  protocol: 7,
  silent: 5,
  late: 4,
  disk: 3,
  memory: 2,
  load: 1,
};
const goneWeight = 6;

/**
 * Hosts of which two use one identity, and those that cannot come in, first; then those that went silent within the last day (the latest first), then those that are short of something. One that has been gone for
 * longer is no news. One pass over all hosts in memory.
 *
 * @returns at most `most` of them, and how many there are
 */
export function hostsInNeed(
  hosts: readonly WatchedHost[],
  { now, heartbeatSeconds, most }: { readonly now: number; readonly heartbeatSeconds: number; readonly most: number },
): { readonly hosts: readonly HostInNeed[]; readonly count: number } {
  const worst: Need[] = [];
  let count = 0;
  for (const host of hosts) {
    const need = needOf(host, now, heartbeatSeconds);
    if (need === undefined) continue;
    count += 1;
    // when the network is gone all of them are silent: sorting ten thousand to show six would be felt
    const place = worst.findLastIndex((other) => compare(other, need) <= 0) + 1;
    if (place >= most) continue;
    worst.splice(place, 0, need);
    if (worst.length > most) worst.pop();
  }
  return {
    hosts: worst.map(({ host: { id, name, status, lastSeenAt }, why }) => ({ id, name, status, lastSeenAt, why })),
    count,
  };
}

type Need = { readonly host: WatchedHost; readonly why: string; readonly weight: number };

function needOf(host: WatchedHost, now: number, heartbeatSeconds: number): Need | undefined {
  if (host.status === 'Offline' && host.duplicate === null && host.otherProtocol === null) {
    const isNews = host.lastSeenAt !== null && now - host.lastSeenAt < recentlyMs;
    return isNews ? { host, why: 'Gone', weight: goneWeight } : undefined;
  }
  const concerns = concernsOf(host, now, heartbeatSeconds);
  const first = concerns[0];
  if (first === undefined) return undefined;
  const { kind, word } = concerns.reduce((a, b) => (weights[b.kind] > weights[a.kind] ? b : a), first);
  return { host, why: word, weight: weights[kind] };
}

const compare = (a: Need, b: Need): number =>
  b.weight - a.weight || (b.host.lastSeenAt ?? 0) - (a.host.lastSeenAt ?? 0) || (a.host.name < b.host.name ? -1 : 1);
