import type { Assignment } from '../../../shared/api/executions.ts';
import type { Offer } from '../../../shared/protocol.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import type { AgentBooks } from './agent-books.ts';
import { type Candidate, createMarket, givenHost, ineligibility } from './assignment.ts';
import { findExecution, readyFor } from './executions.store.ts';
import type { Ledger } from './ledger.ts';
import type { ExecutionRow } from './rows.ts';
import type { RunSpec, RunSpecs } from './run-specs.ts';

/**
 * Hands queued executions to agents. It does not search: whoever changes something says which agent (or the queue of `Anyone`) is worth a
 * look, and a pass looks at those alone. The rows are the truth; a forgotten look costs time until the next one, never an execution.
 *
 *   pass: for each agent marked: free slots? → its oldest ready rows;   Anyone: oldest ready rows → the best eligible agent each
 *         → one unit of work moves them to `offered` → after the commit the offers are sent
 */
export type Dispatcher = {
  /** `null` is the queue of `Anyone` */
  mark(agentId: string | null): void;
  pass(): Promise<void>;
};

export type DispatcherResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly books: AgentBooks;
  readonly specs: RunSpecs;
  readonly agents: {
    all(): readonly Candidate[];
    get(id: string): Candidate | undefined;
    send(agentId: string, offer: Offer): boolean;
  };
  readonly platformsOf: (sha256: string | null) => readonly string[] | undefined;
  readonly logSizeIn: (writer: Writer, executionId: string) => Promise<number>;
  readonly leaseSeconds: number;
  readonly wake: () => void;
};

type Plan = { readonly row: ExecutionRow; readonly agent: Candidate; readonly assignment: Assignment; readonly spec: RunSpec };

/** Rows of `Anyone` looked at, and offers made, in one unit of work. */
const batchSize = 500;

export function createDispatcher(resources: DispatcherResources): Dispatcher {
  const { db, clock, books, agents, specs, wake } = resources;
  const marked = new Set<string | null>();

  async function planGiven(agentId: string, now: number): Promise<Plan[]> {
    const agent = agents.get(agentId);
    if (agent === undefined || ineligibility(agent, undefined) !== undefined || books.queuedFor(agentId) === 0) return [];
    const rows = await readyFor(db.read, agentId, now, agent.slots - agent.held);
    return Promise.all(
      rows.map(async (row) => ({ row, agent, assignment: givenHost(agent.name), spec: await specs.of(row.run_id) })),
    );
  }

  async function planAnyone(now: number): Promise<Plan[]> {
    if (books.queuedFor(null) === 0) return [];
    const market = createMarket(agents.all());
    const plans: Plan[] = [];
    let after = '';
    // rows that no free agent can run do not stand in the way of those behind them
    while (market.freeSlots() > 0 && plans.length < batchSize) {
      const rows = await readyFor(db.read, null, now, batchSize, after);
      for (const row of rows) {
        const spec = await specs.of(row.run_id);
        const { chosen, assignment } = market.choose(resources.platformsOf(spec.sha256));
        if (chosen !== undefined) plans.push({ row, agent: chosen, assignment, spec });
        if (market.freeSlots() === 0) break;
      }
      if (rows.length < batchSize) return plans;
      after = rows.at(-1)?.id ?? '';
    }
    if (plans.length >= batchSize) marked.add(null);
    return plans;
  }

  return {
    mark(agentId) {
      marked.add(agentId);
      wake();
    },
    async pass() {
      const now = clock.now();
      const looks = [...marked];
      marked.clear();
      for (const chunk of chunksOf(
        looks.filter((id) => id !== null),
        batchSize,
      )) {
        const plans: Plan[] = [];
        for (const agentId of chunk) plans.push(...(await planGiven(agentId, now)));
        await offerAll(plans, resources);
      }
      if (looks.includes(null)) await offerAll(await planAnyone(now), resources);
      if (marked.size > 0) wake();
    },
  };
}

async function offerAll(plans: readonly Plan[], { ledger, agents, leaseSeconds, logSizeIn }: DispatcherResources): Promise<void> {
  if (plans.length === 0) return;
  const offered = await ledger.write(async (unit) => {
    const done: { readonly plan: Plan; readonly row: ExecutionRow }[] = [];
    for (const plan of plans) {
      const row = await findExecution(unit.writer, plan.row.id);
      // cancelled or expired since it was read
      if (row === undefined || row.state !== 'queued' || row.attempt !== plan.row.attempt) continue;
      const after = await unit.move(row, 'offered', {
        reason: null,
        agent_id: plan.agent.id,
        agent_name: plan.agent.name,
        attempt: row.attempt + 1,
        assignment: JSON.stringify(plan.assignment),
        offered_at: unit.now,
        deadline_at: unit.now + leaseSeconds * 1000,
        log_from: row.attempt === 0 ? 0 : await logSizeIn(unit.writer, row.id),
      });
      done.push({ plan, row: after });
    }
    return done;
  });
  // an offer that cannot be sent is not lost: its row says `offered`, and it goes back to the queue with the connection
  for (const { plan, row } of offered) agents.send(plan.agent.id, offerOf(row, plan.spec, leaseSeconds));
}

const offerOf = (row: ExecutionRow, spec: RunSpec, leaseSeconds: number): Offer => ({
  type: 'offer',
  execution: row.id,
  attempt: row.attempt,
  run: row.run_id,
  plugin: spec.plugin,
  sha256: spec.sha256 ?? '',
  action: spec.action,
  args: spec.args,
  env: { ...spec.env },
  timeoutSeconds: spec.policy.timeoutSeconds,
  graceSeconds: spec.policy.graceSeconds,
  outputLimitBytes: spec.policy.outputLimitBytes,
  leaseSeconds,
  logFrom: row.log_from,
});

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}
