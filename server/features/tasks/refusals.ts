import type { ReasonCode } from '../../../shared/reasons.ts';
import { type Candidate, ineligibility } from './assignment.ts';
import type { UnstartedAttempt } from './attempts.store.ts';

/** What follows when an agent does not take an offer: pure, so that every fleet can be tried. */

/**
 * The agents that did not take an execution since it last started, with the number of the latest offer that each one did not take. An
 * execution of `Anyone` goes to others first, and among these to the one that was asked longest ago.
 */
export function refusedBy(unstarted: readonly UnstartedAttempt[]): Map<string, number> {
  const refused = new Map<string, number>();
  for (const { agent_id, attempt } of unstarted)
    if (agent_id !== null) refused.set(agent_id, Math.max(attempt, refused.get(agent_id) ?? 0));
  return refused;
}

/** Whether there are agents that were not asked yet: ones with a free slot, only busy ones, or none. */
export function othersThan(
  refused: ReadonlyMap<string, number>,
  agents: readonly Candidate[],
  platforms: readonly string[] | undefined,
): 'free' | 'busy' | 'none' {
  const others = agents.filter(
    (agent) => !refused.has(agent.id) && ineligibility({ ...agent, held: 0 }, platforms) === undefined,
  );
  if (others.some((agent) => agent.held < agent.slots)) return 'free';
  return others.length > 0 ? 'busy' : 'none';
}

/** After so many refusals in a row, it is no longer the host that is the matter. */
export const hostsAskedAtMost = 10;

const firstPauseMs = 1000;
const longestPauseMs = 60_000;

/** An offer that was declined waits before it goes out again, longer each time; not where another agent is free to take it. */
export function pauseAfter(refusals: number, others: 'free' | 'busy' | 'none'): number {
  if (others === 'free' && refusals < hostsAskedAtMost) return 0;
  return Math.min(firstPauseMs * 2 ** Math.min(refusals - 1, 16), longestPauseMs);
}

const ofTheHost = new Set<ReasonCode>(['platform_unsupported', 'runtime_missing', 'host_disk_full']);

/** Whether a rejection says something of that host alone, so that another one may do. */
export const isOfTheHost = (reason: ReasonCode): boolean => ofTheHost.has(reason);
