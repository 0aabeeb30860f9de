import { MusterError } from '../../../shared/errors.ts';
import type { ReasonCode } from '../../../shared/reasons.ts';
import type { RunState } from '../../../shared/run-states.ts';
import type { AttemptOutcome, ExecutionState } from '../../../shared/states.ts';
import { canMove, heldStates, isFinal } from '../../../shared/states.ts';
import type { Clock } from '../../platform/clock.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import { insertAttempt, pruneUnstarted, unstartedKept } from './attempts.store.ts';
import { createUpdateExecution, findExecution, insertExecutions, type UpdateExecution } from './executions.store.ts';
import { foldKeyOf } from './fold-key.ts';
import { holdGates, insertGates, removeGates } from './gates.store.ts';
import { gatesOf } from './gates.ts';
import type { OpenRows } from './open-rows.ts';
import { parsePolicy } from './policy-text.ts';
import type { ExecutionRow, RunRow } from './rows.ts';
import { createRunEnds, type RunEnds } from './run-ends.ts';
import { letNextRunGo } from './run-line.ts';
import { insertRun } from './runs.store.ts';

/**
 * The only code that writes the state of an execution. A unit of work moves rows by the table in `shared/states.ts`, keeps the counts of
 * their runs in the same transaction, and only after the commit tells what happened: first to the dispatcher's books (`onCommitted`),
 * then as events.
 */
export type Ledger = {
  write<T>(work: (unit: LedgerUnit) => Promise<T>): Promise<T>;
};

export type LedgerUnit = {
  readonly writer: Writer;
  readonly now: number;
  /** The row as it is now; of the executions that were written lately without a look at the database. */
  find(id: string): Promise<ExecutionRow | undefined>;
  /** Rows as they are from now on, of a run that is new. A run with no open row is final at once. */
  insert(run: RunRow, executions: readonly ExecutionRow[]): Promise<void>;
  /** Moves the row, which was read in this unit, and answers how it is now. `deadline_at` is cleared unless it is given. */
  move(row: ExecutionRow, to: ExecutionState, changes: Moved): Promise<ExecutionRow>;
  /** Changes columns of an open row without moving it. */
  touch(
    row: ExecutionRow,
    changes: Partial<Pick<ExecutionRow, 'deadline_at' | 'expires_at' | 'reason' | 'reason_text' | 'not_before'>>,
  ): Promise<ExecutionRow>;
  /** Keeps what became of an attempt before the row goes on to another one. */
  keepAttempt(
    row: ExecutionRow,
    outcome: AttemptOutcome | 'not_started',
    end: { reason: ReasonCode; message: string | null; exitCode: number | null },
  ): Promise<void>;
};

export type Moved = {
  readonly reason: ReasonCode | null;
  /** of an attempt that ends for good, where it is known */
  readonly outputSha256?: string | undefined;
} & Partial<
  Pick<
    ExecutionRow,
    | 'agent_id' | 'agent_name' | 'reason_text' | 'attempt' | 'retries' | 'not_before' | 'deadline_at' | 'expires_at' | 'assignment' | 'exit_code' | 'message'
    | 'data' | 'log_from' | 'log_bytes' | 'cut_bytes' | 'duration_ms' | 'offered_at' | 'started_at'
  >
>; // biome-ignore format: a list of columns

/** A committed change; `before` is undefined for a new row. */
export type Change = { readonly before: ExecutionRow | undefined; readonly after: ExecutionRow };

export type LedgerResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly events: EventBus;
  readonly openRows: OpenRows;
  readonly onCommitted: (changes: readonly Change[]) => void;
};

/** What a unit of work has done so far. */
type Done = {
  readonly changes: Change[];
  /** executions that it wrote anew */
  readonly touched: Set<string>;
  readonly runs: Map<string, { readonly taskId: string; readonly state: RunState; readonly isNew: boolean }>;
};

export function createLedger({ db, clock, events, openRows, onCommitted }: LedgerResources): Ledger {
  const means: Means = { updateExecution: createUpdateExecution(), openRows, runEnds: createRunEnds() };

  /** A unit that failed told so, and whatever it does afterwards is not to be believed. */
  async function writeUnit<T>(work: (unit: LedgerUnit) => Promise<T>, done: Done): Promise<T> {
    let isRejected = false;
    try {
      return await db.write(async (writer) => {
        // a unit that is tried again begins with clean books
        openRows.forget(done.changes.map(({ after }) => after.id));
        done.changes.length = 0;
        done.touched.clear();
        done.runs.clear();
        const value = await work(unitOf(writer, clock.now(), done, means));
        if (!isRejected) openRows.put(done.changes.map(({ after }) => after));
        return value;
      });
    } catch (error) {
      isRejected = true;
      openRows.forget(done.changes.map(({ after }) => after.id));
      throw error;
    }
  }

  return {
    async write(work) {
      const done: Done = { changes: [], touched: new Set(), runs: new Map() };
      const result = await writeUnit(work, done);
      onCommitted(done.changes);
      for (const [runId, { taskId, isNew }] of done.runs) if (isNew) events.emit('run.created', { runId, taskId });
      for (const { after } of done.changes) events.emit('execution.changed', changedOf(after));
      for (const [runId, { taskId, state, isNew }] of done.runs)
        if (!isNew || state !== 'active') events.emit('run.changed', { runId, taskId, state });
      return result;
    },
  };
}

const holds = new Set<ExecutionState>(heldStates);

/** The agent that a row keeps busy, if it does. */
export const holderOf = (row: Pick<ExecutionRow, 'agent_id' | 'state'> | undefined): string | undefined =>
  row !== undefined && row.agent_id !== null && holds.has(row.state) ? row.agent_id : undefined;

type Means = { readonly updateExecution: UpdateExecution; readonly openRows: OpenRows; readonly runEnds: RunEnds };

function unitOf(writer: Writer, now: number, { changes, touched, runs }: Done, means: Means): LedgerUnit {
  const { updateExecution, openRows, runEnds } = means;

  async function update(before: ExecutionRow, after: ExecutionRow): Promise<ExecutionRow> {
    if (!(await updateExecution(writer, before, after)))
      throw new MusterError('internal', `An execution is not as it was read (${before.id}): a unit of work reads what it moves.`);
    changes.push({ before, after });
    touched.add(after.id);
    return after;
  }
  const unit: LedgerUnit = {
    writer,
    now,
    async find(id) {
      return (touched.has(id) ? undefined : openRows.get(id)) ?? (await findExecution(writer, id));
    },
    async insert(run, executions) {
      await insertRun(writer, run);
      if (run.open > 0) runEnds.remember(run);
      await insertExecutions(writer, executions);
      const gated = executions.filter(({ gates }) => gates > 0).map(({ id }) => id);
      if (gated.length > 0) await insertGates(writer, gated, gatesOf(run.task_id, parsePolicy(run.policy)));
      runs.set(run.id, { taskId: run.task_id, state: run.state, isNew: true });
      for (const after of executions) changes.push({ before: undefined, after });
    },
    async move(row, to, moved) {
      if (!canMove(row.state, to))
        throw new MusterError('internal', `An execution cannot go from ${row.state} to ${to} (${row.id}).`);
      const final = isFinal(to);
      const { outputSha256, ...columns } = moved;
      const next: ExecutionRow = {
        ...row,
        deadline_at: null,
        reason_text: null,
        ...columns,
        state: to,
        open: final ? 0 : 1,
        finished_at: final ? now : null,
      };
      const after = await update(row, final ? { ...next, fold_key: foldKeyOf(next, outputSha256) } : next);
      if (row.gates > 0) await moveGates(writer, after);
      if (final) {
        const { state, trigger } = await runEnds.countIn(writer, row.run_id, to, now);
        if (state !== 'active') {
          runs.set(row.run_id, { taskId: row.task_id, state, isNew: false });
          // an Adhoc task has one run
          if (trigger !== 'adhoc') await letNextRunGo(unit, row.task_id);
        }
      }
      return after;
    },
    touch: (row, columns) => update(row, { ...row, ...columns }),
    async keepAttempt(row, outcome, { reason, message, exitCode }) {
      await insertAttempt(writer, {
        execution_id: row.id, attempt: row.attempt, agent_id: row.agent_id, agent_name: row.agent_name, outcome, reason, message,
        exit_code: exitCode, offered_at: row.offered_at, started_at: row.started_at, ended_at: now,
      }); // biome-ignore format: a row
      if (outcome === 'not_started' && row.attempt > unstartedKept) await pruneUnstarted(writer, row.id, row.attempt);
    },
  };
  return unit;
}

/** Its gates follow it: held from the offer on, until it is final, or is back in the queue without ever having run. */
async function moveGates(writer: Writer, { id, state, retries }: ExecutionRow): Promise<void> {
  if (state === 'offered') await holdGates(writer, id, 1);
  else if (isFinal(state)) await removeGates(writer, id);
  else if (state === 'queued' && retries === 0) await holdGates(writer, id, 0);
}

/** As an event tells it. */
export const changedOf = (row: ExecutionRow) => ({
  executionId: row.id, runId: row.run_id, taskId: row.task_id, agentId: row.agent_id, state: row.state, attempt: row.attempt,
}); // biome-ignore format: a row
