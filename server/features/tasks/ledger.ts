import { MusterError } from '../../../shared/errors.ts';
import type { ReasonCode } from '../../../shared/reasons.ts';
import { type RunState, runStateOf } from '../../../shared/run-states.ts';
import type { AttemptOutcome, ExecutionState } from '../../../shared/states.ts';
import { canMove, heldStates, isFinal } from '../../../shared/states.ts';
import type { Clock } from '../../platform/clock.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import { insertExecutions } from './executions.store.ts';
import type { ExecutionRow, RunRow } from './rows.ts';
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
  /** Rows as they are from now on, of a run that is new. A run with no open row is final at once. */
  insert(run: RunRow, executions: readonly ExecutionRow[]): Promise<void>;
  /** Moves the row and answers how it is now. `deadline_at` is cleared unless it is given. */
  move(row: ExecutionRow, to: ExecutionState, changes: Moved): Promise<ExecutionRow>;
  /** Changes columns of an open row without moving it. */
  touch(
    row: ExecutionRow,
    changes: Partial<Pick<ExecutionRow, 'deadline_at' | 'reason' | 'reason_text' | 'not_before'>>,
  ): Promise<ExecutionRow>;
  /** Keeps what became of an attempt before the row goes on to another one. */
  keepAttempt(
    row: ExecutionRow,
    outcome: AttemptOutcome | 'not_started',
    end: { reason: ReasonCode; message: string | null; exitCode: number | null },
  ): Promise<void>;
};

export type Moved = { readonly reason: ReasonCode | null } & Partial<
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
  readonly onCommitted: (changes: readonly Change[]) => void;
};

export function createLedger({ db, clock, events, onCommitted }: LedgerResources): Ledger {
  return {
    async write(work) {
      const changes: Change[] = [];
      const runs = new Map<string, { taskId: string; state: RunState; isNew: boolean }>();
      const result = await db.write(async (writer) => {
        // a unit that is tried again begins with clean books
        changes.length = 0;
        runs.clear();
        return work(unitOf(writer, clock.now(), changes, runs));
      });
      onCommitted(changes);
      for (const [runId, { taskId, isNew }] of runs) if (isNew) events.emit('run.created', { runId, taskId });
      for (const { after } of changes) events.emit('execution.changed', eventOf(after));
      for (const [runId, { taskId, state, isNew }] of runs)
        if (!isNew || state !== 'active') events.emit('run.changed', { runId, taskId, state });
      return result;
    },
  };
}

const holds = new Set<ExecutionState>(heldStates);

/** The agent that a row keeps busy, if it does. */
export const holderOf = (row: ExecutionRow | undefined): string | undefined =>
  row !== undefined && row.agent_id !== null && holds.has(row.state) ? row.agent_id : undefined;

function unitOf(
  writer: Writer,
  now: number,
  changes: Change[],
  runs: Map<string, { taskId: string; state: RunState; isNew: boolean }>,
): LedgerUnit {
  return {
    writer,
    now,
    async insert(run, executions) {
      await insertRun(writer, run);
      await insertExecutions(writer, executions);
      runs.set(run.id, { taskId: run.task_id, state: run.state, isNew: true });
      for (const after of executions) changes.push({ before: undefined, after });
    },
    async move(row, to, moved) {
      if (!canMove(row.state, to))
        throw new MusterError('internal', `An execution cannot go from ${row.state} to ${to} (${row.id}).`);
      const final = isFinal(to);
      const update = {
        deadline_at: null,
        reason_text: null,
        ...moved,
        state: to,
        open: final ? 0 : 1,
        finished_at: final ? now : null,
      };
      const after: ExecutionRow = { ...row, ...update };
      await writer.updateTable('executions').set(update).where('id', '=', row.id).execute();
      changes.push({ before: row, after });
      if (final) {
        const state = await countEnd(writer, row.run_id, to, now);
        if (state !== 'active') runs.set(row.run_id, { taskId: row.task_id, state, isNew: false });
      }
      return after;
    },
    async touch(row, columns) {
      const after = { ...row, ...columns };
      await writer.updateTable('executions').set(columns).where('id', '=', row.id).execute();
      changes.push({ before: row, after });
      return after;
    },
    async keepAttempt(row, outcome, { reason, message, exitCode }) {
      await writer
        .insertInto('attempts')
        .values({
          execution_id: row.id, attempt: row.attempt, agent_id: row.agent_id, agent_name: row.agent_name, outcome, reason, message,
          exit_code: exitCode, offered_at: row.offered_at, started_at: row.started_at, ended_at: now,
        }) // biome-ignore format: a row
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
  };
}

/** Counts the end of one execution in its run; the run is final when its last one is. */
async function countEnd(writer: Writer, runId: string, to: ExecutionState, now: number): Promise<RunState> {
  const column = to as 'succeeded';
  const run = await writer
    .updateTable('runs')
    .set((eb) => ({ open: eb('open', '-', 1), [column]: eb(column, '+', 1) }))
    .where('id', '=', runId)
    .returning(['open', 'succeeded', 'failed', 'timed_out', 'cancelled', 'expired', 'skipped', 'rejected', 'lost'])
    .executeTakeFirstOrThrow();
  if (run.open > 0) return 'active';
  const state = runStateOf(run);
  await writer.updateTable('runs').set({ state, finished_at: now }).where('id', '=', runId).execute();
  return state;
}

const eventOf = (row: ExecutionRow) => ({
  executionId: row.id, runId: row.run_id, taskId: row.task_id, agentId: row.agent_id, state: row.state, attempt: row.attempt,
}); // biome-ignore format: a row
