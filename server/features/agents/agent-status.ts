import type { AgentStatus } from '../../../shared/api/agents.ts';

export type StatusThresholds = {
  /** a heartbeat older than this is no longer Online */
  readonly idleAfterSeconds: number;
  /** and older than this is Offline */
  readonly offlineAfterSeconds: number;
};

export const defaultStatusThresholds: StatusThresholds = { idleAfterSeconds: 60, offlineAfterSeconds: 300 };

/** By the age of the last heartbeat alone: an agent that is back within its grace was never gone. */
export function statusOf(
  agent: { readonly revoked: boolean; readonly lastSeenAt: number | null },
  now: number,
  thresholds: StatusThresholds,
): AgentStatus {
  if (agent.revoked) return 'Revoked';
  if (agent.lastSeenAt === null) return 'Offline';
  const age = now - agent.lastSeenAt;
  if (age < thresholds.idleAfterSeconds * 1000) return 'Online';
  return age <= thresholds.offlineAfterSeconds * 1000 ? 'Idle' : 'Offline';
}
