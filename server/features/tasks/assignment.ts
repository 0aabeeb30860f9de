import type { AgentStatus } from '../../../shared/api/agents.ts';
import type { Assignment } from '../../../shared/api/executions.ts';

/** What the choice looks at; small, so that it can be weighed for thousands of hosts. */
export type Candidate = {
  readonly id: string;
  readonly name: string;
  readonly status: AgentStatus;
  readonly connected: boolean;
  readonly os: string;
  readonly slots: number;
  readonly held: number;
  readonly load1: number;
};

/** Why an agent cannot take work now, or undefined if it can. */
export function ineligibility(agent: Candidate, platforms: readonly string[] | undefined): string | undefined {
  if (agent.status === 'Revoked') return 'revoked';
  if (!agent.connected) return 'not connected';
  if (agent.status !== 'Online') return `status ${agent.status}`;
  if (platforms !== undefined && !platforms.includes(agent.os)) return `plugin does not run on ${agent.os || 'its platform'}`;
  if (agent.held >= agent.slots) return 'slots full';
  return undefined;
}

/**
 * The agents of one pass of the dispatcher, in which the choices of the pass count already.
 *
 * `Anyone` goes to the best eligible agent: one that did not refuse this execution before (of those that did, the one that was asked
 * longest ago), fewest executions relative to its slots, then lowest load, then the order of `agents`. The answer explains itself, also
 * when there is none.
 */
export type Market = {
  freeSlots(): number;
  /** @param refused agents that did not take this execution, with a number that grows with the time at which they were asked */
  choose(
    platforms: readonly string[] | undefined,
    refused?: ReadonlyMap<string, number>,
  ): { readonly chosen: Candidate | undefined; readonly assignment: Assignment };
};

const nobody: ReadonlyMap<string, number> = new Map();

export function createMarket(agents: readonly Candidate[]): Market {
  const closed = new Map<string, number>();
  const open: (Candidate & { held: number })[] = [];
  let free = 0;
  for (const agent of agents) {
    const why = ineligibility(agent, undefined);
    if (why !== undefined) closed.set(why, (closed.get(why) ?? 0) + 1);
    else {
      open.push({ ...agent });
      free += agent.slots - agent.held;
    }
  }
  return {
    freeSlots: () => free,
    choose(platforms, refused = nobody) {
      const notEligible: Record<string, number> = Object.fromEntries(closed);
      const isBetter = betterOf(refused);
      let eligible = 0;
      let asked = 0;
      let best: (Candidate & { held: number }) | undefined;
      for (const agent of open) {
        const why = ineligibility(agent, platforms);
        if (why !== undefined) notEligible[why] = (notEligible[why] ?? 0) + 1;
        else {
          eligible += 1;
          if (refused.has(agent.id)) asked += 1;
          if (best === undefined || isBetter(agent, best)) best = agent;
        }
      }
      const assignment = {
        chosen: best?.name ?? null,
        because: because(best, eligible, asked),
        considered: agents.length,
        eligible,
        notEligible,
      };
      const chosen = best === undefined ? undefined : { ...best };
      if (best !== undefined) {
        best.held += 1;
        free -= 1;
      }
      return { chosen, assignment };
    },
  };
}

/** The assignment of an execution whose host was given. */
export const givenHost = (name: string): Assignment => ({
  chosen: name,
  because: 'The owner reaches this host.',
  considered: 1,
  eligible: 1,
  notEligible: {},
});

function because(best: Candidate | undefined, eligible: number, asked: number): string {
  if (best === undefined) return 'No agent is eligible now.';
  const busy = `${best.held} of ${best.slots} slots taken, load ${best.load1.toFixed(2)}`;
  if (asked === 0) return `${busy}: the least busy of ${agentsOf(eligible)}.`;
  if (asked === eligible) return `${busy}: all ${agentsOf(eligible)} were asked before, this one longest ago.`;
  return `${busy}: the least busy of ${agentsOf(eligible - asked)}, besides ${asked} that did not take it before.`;
}

const agentsOf = (count: number): string => `${count} eligible ${count === 1 ? 'agent' : 'agents'}`;

const betterOf =
  (refused: ReadonlyMap<string, number>) =>
  (a: Candidate, b: Candidate): boolean => {
    const byRefusal = (refused.get(a.id) ?? 0) - (refused.get(b.id) ?? 0);
    if (byRefusal !== 0) return byRefusal < 0;
    const byShare = a.held * b.slots - b.held * a.slots;
    return byShare !== 0 ? byShare < 0 : a.load1 < b.load1;
  };
