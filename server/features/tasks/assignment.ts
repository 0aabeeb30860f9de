import type { AgentStatus } from '../../../shared/api/agents.ts';
import type { Assignment } from '../../../shared/api/executions.ts';

/** What the choice looks at; small, so that it can be weighed for thousands of hosts. */
export type Candidate = Host & { readonly held: number; readonly load1: number };

/** An agent as far as its owners are concerned. */
export type Host = {
  readonly id: string;
  readonly name: string;
  readonly status: AgentStatus;
  readonly connected: boolean;
  readonly os: string;
  readonly slots: number;
};

/** Why an agent cannot take work now, or undefined if it can. */
export function ineligibility(
  agent: Host & { readonly held: number },
  platforms: readonly string[] | undefined,
): string | undefined {
  if (agent.status === 'Revoked') return 'revoked';
  if (!agent.connected) return 'not connected';
  if (agent.status !== 'Online') return `status ${agent.status}`;
  if (platforms !== undefined && !platforms.includes(agent.os)) return `plugin does not run on ${agent.os || 'its platform'}`;
  if (agent.held >= agent.slots) return 'slots full';
  return undefined;
}

/** The assignment of an execution whose host was given. */
export const givenHost = (name: string): Assignment => ({
  chosen: name,
  because: 'The owner reaches this host.',
  considered: 1,
  eligible: 1,
  notEligible: {},
});
