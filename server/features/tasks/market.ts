import type { Assignment } from '../../../shared/api/executions.ts';
import { type Candidate, ineligibility } from './assignment.ts';

/**
 * The agents of one pass of the dispatcher, in which the choices of the pass count already.
 *
 * `Anyone` goes to the best eligible agent: one that did not refuse this execution before (of those that did, the one that was asked
 * longest ago), fewest executions relative to its slots, then lowest load, then the order of `agents`. The answer explains itself, also
 * when there is none.
 */
export type Market = {
  freeSlots(): number;
  /** Whether a slot of this agent is free, or of any, for a plugin that runs on these platforms. */
  hasRoom(agentId: string | null, platforms: readonly string[] | undefined): boolean;
  /** Takes a slot of a given agent. */
  occupy(agentId: string): Candidate | undefined;
  /** @param refused agents that did not take this execution, with a number that grows with the time at which they were asked */
  choose(
    platforms: readonly string[] | undefined,
    refused?: ReadonlyMap<string, number>,
  ): { readonly chosen: Candidate | undefined; readonly assignment: Assignment };
};

/** An agent with a free slot. */
type Stall = Candidate & { held: number; readonly order: number };

const nobody: ReadonlyMap<string, number> = new Map();

export function createMarket(agents: readonly Candidate[]): Market {
  const closed = new Map<string, number>();
  /** by platform, the best one on top: ten thousand agents must not be walked through for each execution */
  const rows = new Map<string, Stall[]>();
  const stallOf = new Map<string, Stall>();
  let free = 0;

  const close = (why: string): void => void closed.set(why, (closed.get(why) ?? 0) + 1);
  for (const [order, agent] of agents.entries()) {
    const why = ineligibility(agent, undefined);
    if (why === undefined) {
      free += agent.slots - agent.held;
      const row = rows.get(agent.os) ?? [];
      if (row.length === 0) rows.set(agent.os, row);
      const stall = { ...agent, order };
      stallOf.set(agent.id, stall);
      row.push(stall);
    } else close(why);
  }
  for (const row of rows.values()) row.sort(byRank);

  /** One more execution: the agent goes down to its new place, or out when it is full. */
  function take(stall: Stall): void {
    stall.held += 1;
    free -= 1;
    const row = rows.get(stall.os) ?? [];
    const index = row.indexOf(stall);
    if (stall.held < stall.slots) sink(row, index);
    else {
      const last = row.pop();
      if (last !== undefined && last !== stall) {
        row[index] = last;
        sink(row, rise(row, index));
      }
      close('slots full');
    }
  }

  return {
    freeSlots: () => free,
    hasRoom(agentId, platforms) {
      if (agentId === null) return [...rows.values()].some(([best]) => best !== undefined && !ineligibility(best, platforms));
      const stall = stallOf.get(agentId);
      return stall !== undefined && stall.held < stall.slots;
    },
    occupy(agentId) {
      const stall = stallOf.get(agentId);
      if (stall === undefined || stall.held >= stall.slots) return undefined;
      const { order: _order, ...agent } = stall;
      take(stall);
      return agent;
    },
    choose(platforms, refused = nobody) {
      const notEligible: Record<string, number> = Object.fromEntries(closed);
      const open: Stall[][] = [];
      for (const row of rows.values()) {
        const why = row[0] === undefined ? undefined : ineligibility(row[0], platforms);
        if (why === undefined) open.push(row);
        else notEligible[why] = (notEligible[why] ?? 0) + row.length;
      }
      const eligible = open.reduce((sum, row) => sum + row.length, 0);
      const asked = refused.size === 0 ? 0 : open.flat().filter(({ id }) => refused.has(id)).length;
      const stalls = asked === 0 ? open.flatMap((row) => row.slice(0, 1)) : open.flat();
      const best = bestOf(stalls, refused);
      const assignment = {
        chosen: best?.name ?? null,
        because: because(best, eligible, asked),
        considered: agents.length,
        eligible,
        notEligible,
      };
      if (best === undefined) return { chosen: undefined, assignment };
      const { order: _order, ...chosen } = best;
      take(best);
      return { chosen, assignment };
    },
  };
}

const byRank = (a: Stall, b: Stall): number => a.held * b.slots - b.held * a.slots || a.load1 - b.load1 || a.order - b.order;

function bestOf(stalls: readonly Stall[], refused: ReadonlyMap<string, number>): Stall | undefined {
  let best: Stall | undefined;
  for (const stall of stalls) {
    const rank = best === undefined ? -1 : (refused.get(stall.id) ?? 0) - (refused.get(best.id) ?? 0) || byRank(stall, best);
    if (rank < 0) best = stall;
  }
  return best;
}

/** A heap: nobody ranks before the one above it, which for the place `i` is at `(i - 1) / 2`. */
function sink(row: Stall[], from: number): void {
  let at = from;
  for (;;) {
    let first = at;
    for (const below of [2 * at + 1, 2 * at + 2]) if (below < row.length && ranksBefore(row, below, first)) first = below;
    if (first === at) return;
    swap(row, at, first);
    at = first;
  }
}

/** @returns the place at which it came to rest */
function rise(row: Stall[], from: number): number {
  let at = from;
  for (let above = (at - 1) >> 1; at > 0 && ranksBefore(row, at, above); above = (at - 1) >> 1) {
    swap(row, at, above);
    at = above;
  }
  return at;
}

const ranksBefore = (row: readonly Stall[], a: number, b: number): boolean => byRank(row[a] as Stall, row[b] as Stall) < 0;

function swap(row: Stall[], a: number, b: number): void {
  [row[a], row[b]] = [row[b] as Stall, row[a] as Stall];
}

function because(best: Candidate | undefined, eligible: number, asked: number): string {
  if (best === undefined) return 'No agent is eligible now.';
  const busy = `${best.held} of ${best.slots} slots taken, load ${best.load1.toFixed(2)}`;
  if (asked === 0) return `${busy}: the least busy of ${agentsOf(eligible)}.`;
  if (asked === eligible) return `${busy}: all ${agentsOf(eligible)} were asked before, this one longest ago.`;
  return `${busy}: the least busy of ${agentsOf(eligible - asked)}, besides ${asked} that were asked before.`;
}

const agentsOf = (count: number): string => `${count} eligible ${count === 1 ? 'agent' : 'agents'}`;
