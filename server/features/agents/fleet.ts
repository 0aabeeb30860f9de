import type { Clock } from '../../platform/clock.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import { type StatusThresholds, statusOf } from './agent-status.ts';
import type { AgentRecord, UnratedAgent } from './agents.ts';

/**
 * All agents in memory, as they are now: the rows are the truth, and this is what they and the open sockets say together. Events come
 * from here, so that none is forgotten.
 */
export type Fleet = {
  /** oldest first. The array is the live one: read it at once, do not keep it */
  all(): readonly AgentRecord[];
  get(id: string): AgentRecord | undefined;
  byName(name: string): AgentRecord | undefined;
  /** What the rows say when the server starts; no events. */
  fill(agents: readonly UnratedAgent[]): void;
  add(agent: UnratedAgent): void;
  /** Nothing happens if there is no such agent any more. */
  update(id: string, change: Partial<Omit<UnratedAgent, 'id'>>): void;
  remove(id: string): void;
  /** Gives every agent the status that its last heartbeat deserves now. */
  reassess(): void;
  /** The clock was set, or the server stood still: when each was last heard of moves by so many ms; no events. */
  shift(ms: number): void;
};

export type FleetResources = { readonly clock: Clock; readonly events: EventBus; readonly thresholds: StatusThresholds };

export function createFleet({ clock, events, thresholds }: FleetResources): Fleet {
  const agents: AgentRecord[] = [];
  const positions = new Map<string, number>();
  const idsByName = new Map<string, string>();

  const rated = (agent: UnratedAgent): AgentRecord => ({ ...agent, status: statusOf(agent, clock.now(), thresholds) });

  const at = (id: string): AgentRecord | undefined => {
    const position = positions.get(id);
    return position === undefined ? undefined : agents[position];
  };

  function place(agent: AgentRecord): void {
    const last = agents.at(-1);
    agents.push(agent);
    positions.set(agent.id, agents.length - 1);
    idsByName.set(agent.name, agent.id);
    // ids grow with time, so that a new agent comes last, unless the clock was set back
    if (last !== undefined && last.id > agent.id) {
      agents.sort((a, b) => (a.id < b.id ? -1 : 1));
      index();
    }
  }

  function index(): void {
    positions.clear();
    for (const [position, agent] of agents.entries()) positions.set(agent.id, position);
  }

  function replace(before: AgentRecord, after: AgentRecord): void {
    agents[positions.get(before.id) as number] = after;
    if (before.name !== after.name) {
      idsByName.delete(before.name);
      idsByName.set(after.name, after.id);
    }
    if (isChange(before, after)) events.emit('agent.changed', { agentId: after.id });
  }

  return {
    all: () => agents,
    get: at,
    byName: (name) => at(idsByName.get(name) ?? ''),
    fill(all) {
      for (const agent of all) place(rated(agent));
    },
    add(agent) {
      place(rated(agent));
      events.emit('agent.changed', { agentId: agent.id });
    },
    update(id, change) {
      const before = at(id);
      if (before !== undefined) replace(before, rated({ ...before, ...change }));
    },
    remove(id) {
      const agent = at(id);
      if (agent === undefined) return;
      agents.splice(positions.get(id) as number, 1);
      index();
      idsByName.delete(agent.name);
      events.emit('agent.changed', { agentId: id });
    },
    reassess() {
      const now = clock.now();
      for (const agent of agents) {
        if (statusOf(agent, now, thresholds) !== agent.status) replace(agent, rated(agent));
      }
    },
    shift(ms) {
      for (const [position, agent] of agents.entries())
        if (agent.lastSeenAt !== null) agents[position] = { ...agent, lastSeenAt: agent.lastSeenAt + ms };
    },
  };
}

/** Heartbeats have an event of their own. */
function isChange(before: AgentRecord, after: AgentRecord): boolean {
  const keys = Object.keys(after) as (keyof AgentRecord)[];
  return keys.some((key) => key !== 'metrics' && key !== 'lastSeenAt' && before[key] !== after[key]);
}
