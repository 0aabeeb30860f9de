import type { z } from 'zod';
import type { Assignment, Execution, ExecutionDetail, executionQuery, LateResult } from '../../../shared/api/executions.ts';
import { type Page, toInstant, toInstantOrNull } from '../../../shared/api/listing.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { Json } from '../../../shared/json.ts';
import { parsePointInTime } from '../../../shared/points-in-time.ts';
import { isFinal } from '../../../shared/states.ts';
import type { Clock } from '../../platform/clock.ts';
import { cursorOf } from '../../platform/db/keyset.ts';
import type { Actor } from '../../platform/http/actor.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import type { Candidate } from './assignment.ts';
import { attemptsOf } from './attempts.store.ts';
import type { Canceller } from './cancel.service.ts';
import { findExecution } from './executions.store.ts';
import { explain, fleetNow } from './explain.ts';
import { findExecutions } from './found-executions.ts';
import { type LateResultRow, lateResultsOf } from './late-results.store.ts';
import type { LocksService } from './locks.service.ts';
import { executionOf } from './presenters.ts';
import type { AttemptRow, ExecutionRow } from './rows.ts';
import type { RunSpecs } from './run-specs.ts';
import { findRuns } from './runs.store.ts';

export type ExecutionsService = {
  list(query: z.infer<typeof executionQuery>): Promise<Page<Execution>>;
  get(id: string): Promise<ExecutionDetail>;
  cancel(id: string, actor: Actor): Promise<ExecutionDetail>;
  /** @throws MusterError not_found */
  isFinal(id: string): Promise<boolean>;
};

export type ExecutionsResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly canceller: Canceller;
  readonly agents: { all(): readonly Candidate[]; get(id: string): Candidate | undefined };
  readonly audit: {
    recordIn(
      writer: Writer,
      entry: { actor: string; action: string; subject: string; detail?: Record<string, unknown> },
    ): Promise<void>;
  };
  readonly specs: RunSpecs;
  readonly whyNot: LocksService['whyNot'];
  readonly progressOf: (executionId: string) => Execution['progress'];
  readonly platformsOf: (sha256: string | null) => readonly string[] | undefined;
  /** where the logs of these executions end */
  readonly logSizesOf: (executionIds: readonly string[]) => Promise<ReadonlyMap<string, number>>;
};

export function createExecutions({
  db,
  clock,
  canceller,
  agents,
  audit,
  specs,
  whyNot,
  progressOf,
  platformsOf,
  logSizesOf,
}: ExecutionsResources): ExecutionsService {
  async function presentAll(rows: readonly ExecutionRow[]): Promise<Execution[]> {
    const runs = new Map((await findRuns(db.read, [...new Set(rows.map((row) => row.run_id))])).map((run) => [run.id, run]));
    const growing = rows.filter((row) => !isFinal(row.state) && row.attempt > 0).map((row) => row.id);
    const logSizes = await logSizesOf(growing);
    const now = clock.now();
    const fleet = fleetNow(agents);
    const closed = await closedGates(rows);
    return rows.map((row) => {
      const run = runs.get(row.run_id);
      return executionOf(row, {
        run: run ?? { task_name: '', plugin: '', action: '' },
        why: explain(row, now, platformsOf(run?.plugin_sha256 ?? null), fleet, closed.get(row.id)),
        progress: progressOf(row.id),
        logBytes: logSizes.get(row.id) ?? row.log_bytes,
      });
    });
  }

  async function closedGates(rows: readonly ExecutionRow[]): Promise<ReadonlyMap<string, string>> {
    const waiting = rows.filter(({ gates, state }) => gates > 0 && state === 'queued');
    return whyNot(await Promise.all(waiting.map(async ({ id, run_id }) => ({ id, gates: (await specs.of(run_id)).gates }))));
  }

  async function existing(id: string): Promise<ExecutionRow> {
    const row = await findExecution(db.read, id);
    if (row === undefined) throw new MusterError('not_found', `There is no execution ${id}.`, { field: 'id' });
    return row;
  }

  async function get(id: string): Promise<ExecutionDetail> {
    const row = await existing(id);
    const [execution] = (await presentAll([row])) as [Execution];
    const late = new Map((await lateResultsOf(db.read, id)).map((told) => [told.attempt, lateResultOf(told)]));
    const lateOf = (attempt: number): LateResult | null => late.get(attempt) ?? null;
    const attempts = (await attemptsOf(db.read, id)).map((kept) => ({ ...attemptOf(kept), lateResult: lateOf(kept.attempt) }));
    return {
      ...execution,
      assignment: row.assignment === null ? null : (JSON.parse(row.assignment) as Assignment),
      attempts,
      lateResult: lateOf(row.attempt),
    };
  }

  return {
    async list({ after, limit, since, until, plugin, reason, text, ...filter }) {
      const now = clock.now();
      const time = (given: string | undefined): number | undefined =>
        given === undefined ? undefined : parsePointInTime(given, now);
      const { rows, next } = await findExecutions(db.read, {
        filter: { ...filter, since: time(since), until: time(until) },
        traits: { plugin, reason, text },
        after: cursorOf(after, 'execution'),
        limit,
      });
      return { items: await presentAll(rows), next };
    },
    get,
    isFinal: async (id) => isFinal((await existing(id)).state),
    async cancel(id, actor) {
      const before = await get(id);
      if (isFinal(before.state))
        throw new MusterError('state_conflict', `The execution is final already (${before.state}); there is nothing to cancel.`);
      await canceller.cancelAll(
        async (unit) => {
          const row = await findExecution(unit.writer, id);
          return row === undefined || row.open === 0 ? [] : [row];
        },
        actor.name,
        (unit) => audit.recordIn(unit.writer, { actor: actor.name, action: 'execution.cancelled', subject: id }),
      );
      return get(id);
    },
  };
}

const lateResultOf = (row: LateResultRow): LateResult => ({
  attempt: row.attempt,
  outcome: row.outcome,
  reason: row.reason,
  message: row.message,
  exitCode: row.exit_code,
  data: row.data === null ? null : (JSON.parse(row.data) as Json),
  durationMs: row.duration_ms,
  receivedAt: toInstant(row.received_at),
});

const attemptOf = (row: AttemptRow): Omit<ExecutionDetail['attempts'][number], 'lateResult'> => ({
  attempt: row.attempt,
  agentId: row.agent_id,
  agentName: row.agent_name,
  outcome: row.outcome,
  reason: row.reason,
  message: row.message,
  exitCode: row.exit_code,
  offeredAt: toInstantOrNull(row.offered_at),
  startedAt: toInstantOrNull(row.started_at),
  endedAt: toInstant(row.ended_at),
});
