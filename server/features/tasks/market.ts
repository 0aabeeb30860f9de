import type { Assignment } from '../../../shared/api/executions.ts';
import { type Candidate, ineligibility } from './assignment.ts';

/**
 * The agents as the dispatcher weighs them; the choices of a pass count at once.
 *
 * `Anyone` goes to the best eligible agent: one that did not refuse this execution before (of those that did, the one that was asked
 * longest ago), fewest executions relative to its slots, then lowest load, then the order of `agents`. The answer explains itself, also
 * when there is none.
 */
export type Market = {
  /** how many agents it knows */
  size(): number;
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
  /** The agent as it is now, whatever was taken of it; undefined: it is gone. */
  place(agentId: string, agent: Candidate | undefined): void;
};

/** An agent with a free slot; `at` is its place in its row. */
type Stall = Candidate & { held: number; readonly order: number; at: number };

/** What is known of an agent: where it stands, or why it stands nowhere. */
type Place = { readonly order: number; readonly stall: Stall } | { readonly order: number; readonly closed: string };

const nobody: ReadonlyMap<string, number> = new Map();

/** @param onTaken is told whose slot a choice took */
export function createMarket(agents: readonly Candidate[], onTaken: (agentId: string) => void = () => undefined): Market {
  const places = new Map<string, Place>();
  const closed = new Map<string, number>();
  /** by platform, the best one on top: ten thousand agents must not be walked through for each execution */
  const rows = new Map<string, Stall[]>();
  let free = 0;
  let nextOrder = 0;

  const count = (why: string, by: 1 | -1): void => {
    const sum = (closed.get(why) ?? 0) + by;
    if (sum === 0) closed.delete(why);
    else closed.set(why, sum);
  };

  function enter(agent: Candidate, order: number): void {
    const why = ineligibility(agent, undefined);
    if (why !== undefined) {
      places.set(agent.id, { order, closed: why });
      count(why, 1);
      return;
    }
    const row = rows.get(agent.os) ?? [];
    if (row.length === 0) rows.set(agent.os, row);
    const stall = { ...agent, order, at: row.length };
    row.push(stall);
    rise(row, stall.at);
    places.set(agent.id, { order, stall });
    free += agent.slots - agent.held;
  }

  function leave(place: Place): void {
    if ('closed' in place) count(place.closed, -1);
    else {
      remove(rows.get(place.stall.os) ?? [], place.stall);
      free -= place.stall.slots - place.stall.held;
    }
  }

  /** One more execution: the agent goes down to its new place, or out when it is full. */
  function take(stall: Stall): void {
    stall.held += 1;
    free -= 1;
    const row = rows.get(stall.os) ?? [];
    if (stall.held < stall.slots) sink(row, stall.at);
    else {
      remove(row, stall);
      places.set(stall.id, { order: stall.order, closed: 'slots full' });
      count('slots full', 1);
    }
    onTaken(stall.id);
  }

  const stallOf = (agentId: string): Stall | undefined => {
    const place = places.get(agentId);
    return place !== undefined && 'stall' in place ? place.stall : undefined;
  };

  for (const agent of agents) enter(agent, nextOrder++);

  return {
    size: () => places.size,
    freeSlots: () => free,
    hasRoom(agentId, platforms) {
      if (agentId === null) return [...rows.values()].some(([best]) => best !== undefined && !ineligibility(best, platforms));
      return stallOf(agentId) !== undefined;
    },
    occupy(agentId) {
      const stall = stallOf(agentId);
      if (stall === undefined) return undefined;
      const agent = candidateOf(stall);
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
        considered: places.size,
        eligible,
        notEligible,
      };
      if (best === undefined) return { chosen: undefined, assignment };
      const chosen = candidateOf(best);
      take(best);
      return { chosen, assignment };
    },
    place(agentId, agent) {
      const before = places.get(agentId);
      if (before !== undefined) leave(before);
      if (agent !== undefined) enter(agent, before?.order ?? nextOrder++);
      else places.delete(agentId);
    },
  };
}

const candidateOf = ({ order: _order, at: _at, ...agent }: Stall): Candidate => agent;

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

/** The last one takes the place that becomes free, and goes from there to its own. */
function remove(row: Stall[], stall: Stall): void {
  const last = row.pop();
  if (last === undefined || last === stall) return;
  row[stall.at] = last;
  last.at = stall.at;
  sink(row, rise(row, last.at));
}

const ranksBefore = (row: readonly Stall[], a: number, b: number): boolean => byRank(row[a] as Stall, row[b] as Stall) < 0;

function swap(row: Stall[], a: number, b: number): void {
  const [one, other] = [row[a] as Stall, row[b] as Stall];
  row[a] = other;
  row[b] = one;
  other.at = a;
  one.at = b;
}

function because(best: Candidate | undefined, eligible: number, asked: number): string {
  if (best === undefined) return 'No agent is eligible now.';
  const busy = `${best.held} of ${best.slots} slots taken, load ${best.load1.toFixed(2)}`;
  if (asked === 0) return `${busy}: the least busy of ${agentsOf(eligible)}.`;
  if (asked === eligible) return `${busy}: all ${agentsOf(eligible)} were asked before, this one longest ago.`;
  return `${busy}: the least busy of ${agentsOf(eligible - asked)}, besides ${asked} that were asked before.`;
}

const agentsOf = (count: number): string => `${count} eligible ${count === 1 ? 'agent' : 'agents'}`;
