import type { Assignment } from '../../../shared/api/executions.ts';
import type { Offer } from '../../../shared/protocol.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import type { AgentBooks } from './agent-books.ts';
import { type Candidate, givenHost, ineligibility } from './assignment.ts';
import { createGatedWork } from './gated-work.ts';
import { gatesOfQueue } from './gates.store.ts';
import { hostsAsked } from './hosts-asked.ts';
import type { Ledger } from './ledger.ts';
import type { Market } from './market.ts';
import { offerAll, type Plan } from './offers.ts';
import { type ReadyForAnyone, readyFor, readyForAnyone, readyForEach } from './queue.store.ts';
import type { RunSpecs } from './run-specs.ts';

/**
 * Hands queued executions to agents. It does not search: whoever changes something says which agent (or the queue of `Anyone`) is worth a
 * look, and a pass looks at those alone. The rows are the truth; a forgotten look costs time until the next pass that nobody asked for,
 * which looks at all that waits, never an execution.
 *
 *   pass: for each agent marked: free slots? → its oldest ready rows;   Anyone: oldest ready rows → the best eligible agent each
 *         → units of work move them to `offered` → after the commit the offers are sent
 *
 *   gates marked, or waited at in a queue that was marked → see gated-work.ts
 *
 * A look that fails is kept for the next pass, and the others are not kept waiting by it.
 */
export type Dispatcher = {
  /** `null` is the queue of `Anyone` */
  mark(agentId: string | null): void;
  /** An execution of this run may have let go of its gates. */
  markGates(runId: string): void;
  pass(): Promise<void>;
};

export type DispatcherResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly books: AgentBooks;
  readonly specs: RunSpecs;
  /** of all agents, as they are now */
  readonly market: () => Market;
  readonly agents: {
    get(id: string): Candidate | undefined;
    send(agentId: string, offer: Offer): boolean;
  };
  readonly platformsOf: (sha256: string | null) => readonly string[] | undefined;
  readonly logSizeIn: (writer: Writer, executionId: string) => Promise<number>;
  readonly leaseSeconds: number;
  readonly wake: () => void;
};

/** Agents looked at between two writes. */
const agentsPerRound = 500;
/** Rows of `Anyone` read at a time, and looked at in one pass: where nobody can run what is at the front, what is behind gets its turn. */
const pageSize = 500;
const pagesPerPass = 4;
/** Of more queues, and of longer ones than a page, the gates are not asked for: all are looked at. */
const queuesLookedAt = 20;

export function createDispatcher(resources: DispatcherResources): Dispatcher {
  const { db, clock, books, agents, market: currentMarket, specs, platformsOf, wake } = resources;
  const marked = new Set<string | null>();
  const markedRuns = new Set<string>();
  const markedGates = new Set<string>();
  const gatedWork = createGatedWork(resources);
  /** work that passes gates and work that does not take turns at the free slots */
  let gatesFirst = false;
  /** where the pass before stopped in a queue of `Anyone` that was too long for it */
  let position = '';

  async function planGiven(agentIds: readonly string[], now: number): Promise<Plan[]> {
    const able = agentIds
      .map((id) => agents.get(id))
      .filter((agent) => agent !== undefined)
      .filter((agent) => ineligibility(agent, undefined) === undefined && books.queuedFor(agent.id) > 0);
    const short = able.filter((agent) => books.queuedFor(agent.id) <= roomOf(agent)).map(({ id }) => id);
    const together = new Set(short.length > 1 ? short : []);
    const rows = together.size === 0 ? [] : await readyForEach(db.read, [...together], now);
    for (const agent of able) if (!together.has(agent.id)) rows.push(...(await readyFor(db.read, agent.id, now, roomOf(agent))));

    const byId = new Map(able.map((agent) => [agent.id, { agent, room: roomOf(agent) }]));
    const plans: Plan[] = [];
    for (const row of rows) {
      const place = byId.get(row.agent_id ?? '');
      // the books hear of a commit after it: a queue may be longer than they say
      if (place === undefined || place.room <= 0) continue;
      place.room -= 1;
      plans.push({ row, agent: place.agent, assignment: givenHost(place.agent.name), spec: await specs.of(row.run_id) });
    }
    return plans;
  }

  async function planAnyone(now: number): Promise<Plan[]> {
    if (books.queuedFor(null) === 0) return [];
    const market = currentMarket();
    const plans: Plan[] = [];
    for (let page = 0; market.freeSlots() > 0; page += 1) {
      if (page === pagesPerPass) {
        marked.add(null);
        return plans;
      }
      const rows = await readyForAnyone(db.read, now, pageSize, position);
      for (const row of rows) {
        const { chosen, assignment } = await choose(row, market);
        if (chosen !== undefined) plans.push({ row, agent: chosen, assignment, spec: await specs.of(row.run_id) });
        if (market.freeSlots() === 0) break;
      }
      position = rows.at(-1)?.id ?? '';
      if (rows.length < pageSize) break;
    }
    position = '';
    return plans;
  }

  async function choose(
    row: ReadyForAnyone,
    market: Market,
  ): Promise<{ readonly chosen: Candidate | undefined; readonly assignment: Assignment }> {
    const platforms = platformsOf(row.plugin_sha256);
    if (row.attempt === 0) return market.choose(platforms);
    return market.choose(platforms, await hostsAsked(db.read, row, await specs.of(row.run_id)));
  }

  /** The gates that are worth a look: those that were marked, and those at which the queues that were marked wait. */
  async function gatesToLookAt(looks: readonly (string | null)[]): Promise<Set<string>> {
    const gates = new Set(markedGates);
    markedGates.clear();
    const runs = [...markedRuns];
    markedRuns.clear();
    for (const runId of runs) {
      const { gates: ofRun } = await specs.of(runId);
      for (const { gate } of ofRun) gates.add(gate);
    }
    const queues = looks.filter((look) => books.gatedFor(look) > 0);
    // behind so many that wait at one gate, there may be work for others
    const isLong = queues.some((look) => books.gatedFor(look) > pageSize);
    if (isLong || queues.length > queuesLookedAt) for (const gate of await gatedWork.allGates()) gates.add(gate);
    else for (const look of queues) for (const gate of await gatesOfQueue(db.read, look, pageSize)) gates.add(gate);
    return gates;
  }

  async function lookAtGates(looks: readonly (string | null)[], now: number, failures: unknown[]): Promise<void> {
    if (markedGates.size === 0 && markedRuns.size === 0 && !looks.some((look) => books.gatedFor(look) > 0)) return;
    await lookAt(
      looks,
      async () => {
        const { plans, more } = await gatedWork.plan(await gatesToLookAt(looks), now);
        for (const gate of more) markedGates.add(gate);
        return plans;
      },
      failures,
    );
  }

  async function lookAt(looks: readonly (string | null)[], plan: () => Promise<Plan[]>, failures: unknown[]): Promise<void> {
    try {
      const left = await offerAll(await plan(), resources);
      for (const { row } of left) marked.add(row.agent_id);
    } catch (error) {
      failures.push(error);
      for (const look of looks) marked.add(look);
    }
  }

  return {
    mark(agentId) {
      marked.add(agentId);
      wake();
    },
    markGates(runId) {
      markedRuns.add(runId);
      wake();
    },
    async pass() {
      const now = clock.now();
      const isAsked = marked.size + markedRuns.size + markedGates.size > 0;
      const looks = isAsked ? [...marked] : books.waiting();
      marked.clear();
      const failures: unknown[] = [];
      gatesFirst = !gatesFirst;
      if (gatesFirst) await lookAtGates(looks, now, failures);
      const given = looks.filter((id) => id !== null);
      for (let i = 0; i < given.length; i += agentsPerRound) {
        const round = given.slice(i, i + agentsPerRound);
        await lookAt(round, () => planGiven(round, now), failures);
      }
      if (looks.includes(null)) await lookAt([null], () => planAnyone(now), failures);
      if (!gatesFirst) await lookAtGates(looks, now, failures);
      // the loop that called backs off, and comes again
      if (failures.length > 0) throw failures[0];
      if (marked.size + markedRuns.size + markedGates.size > 0) wake();
    },
  };
}

const roomOf = ({ slots, held }: Candidate): number => slots - held;
