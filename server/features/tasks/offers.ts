import type { Assignment } from '../../../shared/api/executions.ts';
import type { Offer } from '../../../shared/protocol.ts';
import type { Writer } from '../../schema/schema.ts';
import type { Candidate } from './assignment.ts';
import { requeue } from './attempts.ts';
import { findExecution } from './executions.store.ts';
import { countHolders, gateRowsOf } from './gates.store.ts';
import type { Ledger, LedgerUnit } from './ledger.ts';
import type { QueuedRow } from './queue.store.ts';
import type { ExecutionRow } from './rows.ts';
import type { RunSpec } from './run-specs.ts';

/** Which agent is to be offered which queued row. */
export type Plan = {
  readonly row: QueuedRow;
  readonly agent: Candidate;
  readonly assignment: Assignment;
  readonly spec: RunSpec;
};

export type OfferResources = {
  readonly ledger: Ledger;
  readonly agents: { get(id: string): Candidate | undefined; send(agentId: string, offer: Offer): boolean };
  readonly logSizeIn: (writer: Writer, executionId: string) => Promise<number>;
  readonly leaseSeconds: number;
};

/** Offers made in one unit of work, so that it stays short. */
const offersPerUnit = 500;

/**
 * Moves the rows to `offered`, and sends the offers after the commit.
 * @returns the plans that did not fit any more: their row or their agent is not as it was when they were made
 */
export async function offerAll(plans: readonly Plan[], resources: OfferResources): Promise<Plan[]> {
  const left: Plan[] = [];
  for (let i = 0; i < plans.length; i += offersPerUnit) {
    const some = plans.slice(i, i + offersPerUnit);
    const offered = await resources.ledger.write((unit) => offerIn(unit, some, resources));
    // instant: offer-committed
    const unsent = offered.filter(
      ({ plan, row }) => !resources.agents.send(plan.agent.id, offerOf(row, plan.spec, resources.leaseSeconds)),
    );
    if (unsent.length > 0) await resources.ledger.write((unit) => takeBack(unit, unsent));
    const done = new Set(offered.map(({ plan }) => plan));
    left.push(...some.filter((plan) => !done.has(plan)));
  }
  return left;
}

type Offered = { readonly plan: Plan; readonly row: ExecutionRow };

async function offerIn(
  unit: LedgerUnit,
  plans: readonly Plan[],
  { agents, logSizeIn, leaseSeconds }: OfferResources,
): Promise<Offered[]> {
  const offered: Offered[] = [];
  for (const plan of plans) {
    const row = await unit.find(plan.row.id);
    if (row === undefined || !isReady(row, plan, unit.now) || agents.get(plan.agent.id)?.connected !== true) continue;
    if (row.gates > 0 && !(await gatesLetPass(unit.writer, row.id))) continue;
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
    offered.push({ plan, row: after });
  }
  return offered;
}

/** It may have been cancelled, expired, or been offered and declined, since it was read. */
const isReady = (row: ExecutionRow, plan: Plan, now: number): boolean =>
  row.state === 'queued' && row.attempt === plan.row.attempt && row.not_before <= now && row.expires_at > now;

/** The last word on how many are under way at a time: counted in the transaction that adds one. */
async function gatesLetPass(writer: Writer, executionId: string): Promise<boolean> {
  for (const { gate, capacity, held } of await gateRowsOf(writer, [executionId]))
    if (held === 0 && (await countHolders(writer, gate)) >= capacity) return false;
  return true;
}

/** Their connections were gone before the offers could leave. The short pause is for one that keeps coming and going. */
async function takeBack(unit: LedgerUnit, unsent: readonly Offered[]): Promise<void> {
  for (const { plan, row } of unsent) {
    const now = await findExecution(unit.writer, row.id);
    if (now?.state !== 'offered' || now.attempt !== row.attempt) continue;
    const text = `The connection of ${plan.agent.name} was gone before the offer could leave.`;
    await requeue(unit, now, 'lease_ended', { text, pauseMs: 1000 });
  }
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
  onTimeout: spec.policy.onTimeout,
  graceSeconds: spec.policy.graceSeconds,
  ...(spec.policy.limits === undefined ? {} : { limits: spec.policy.limits }),
  outputLimitBytes: spec.policy.outputLimitBytes,
  leaseSeconds,
  logFrom: row.log_from,
});
