import { type SelectQueryBuilder, sql } from 'kysely';
import { idFloor } from '../../../shared/ids.ts';
import { isFinal, openStates } from '../../../shared/states.ts';
import { type Params, prepare } from '../../platform/db/prepare.ts';
import { unindexed } from '../../platform/db/unindexed.ts';
import type { Database, Reader, Tables, Writer } from '../../schema/schema.ts';
import type { ExecutionRow } from './rows.ts';

/** Rows of `executions`. State changes go through the ledger alone. */

const byId = prepare((db: Reader, p: Params<{ id: string }>) =>
  db.selectFrom('executions').selectAll().where('id', '=', p('id')),
);

export const findExecution = (db: Reader | Writer, id: string): Promise<ExecutionRow | undefined> => byId.first(db, { id });

/**
 * Work that an agent holds, in the order of its making. Sorted here, because asked for the order SQLite would rather walk through the
 * whole history of the agent. Index: executions_open_by_agent.
 */
export const heldByAgent = async (db: Reader | Writer, agentId: string): Promise<ExecutionRow[]> =>
  (await held(db, { agentId })).sort(byOldest);

const held = prepare((db: Reader, p: Params<{ agentId: string }>) =>
  db
    .selectFrom('executions')
    .selectAll()
    .where('agent_id', '=', p('agentId'))
    .where('open', '=', sql.lit(1))
    .where('state', 'in', ['offered', 'running', 'unknown', 'cancelling']),
);

/** All open work of an agent, queued too. Index: executions_open_by_agent. */
export const openOfAgent = (db: Reader | Writer, agentId: string): Promise<ExecutionRow[]> => openOf(db, 'agent_id', agentId);

/** Open executions of a run, in the order of their making. Index: executions_open_by_run. */
export const openOfRun = (db: Reader | Writer, runId: string): Promise<ExecutionRow[]> => openOf(db, 'run_id', runId);

async function openOf(db: Reader | Writer, column: 'agent_id' | 'run_id', id: string): Promise<ExecutionRow[]> {
  const open = db.selectFrom('executions').selectAll().where(column, '=', id).where('open', '=', sql.lit(1));
  return (await open.where('state', 'in', openStates).execute()).sort(byOldest);
}

/** One execution of a run that is queued; of a run that waits for the run before it, all of them say so. Index: executions_open_by_run. */
export const anyQueuedOfRun = (db: Reader | Writer, runId: string): Promise<Pick<ExecutionRow, 'reason'> | undefined> =>
  anyQueued.first(db, { runId });

const anyQueued = prepare((db: Reader, p: Params<{ runId: string }>) =>
  db
    .selectFrom('executions')
    .select('reason')
    .where('run_id', '=', p('runId'))
    .where('open', '=', sql.lit(1))
    .where('state', '=', 'queued')
    .limit(1),
);

/** Executions of a run that wait for the run before it. Index: executions_open_by_run. */
export const waitingInLine = (db: Reader | Writer, runId: string): Promise<ExecutionRow[]> => inLine(db, { runId });

const inLine = prepare((db: Reader, p: Params<{ runId: string }>) =>
  db
    .selectFrom('executions')
    .selectAll()
    .where('run_id', '=', p('runId'))
    .where('open', '=', sql.lit(1))
    .where('state', '=', 'queued')
    .where('reason', '=', 'run_before'),
);

/**
 * Open executions whose state ends by itself by then, most overdue first. The `1` is part of the text, so that SQLite sees that the
 * partial index fits. Index: executions_open_by_deadline.
 */
export const pastDeadline = (db: Reader | Writer, until: number, limit: number): Promise<ExecutionRow[]> =>
  overdue(db, { until, limit });

const overdue = prepare((db: Reader, p: Params<{ until: number; limit: number }>) =>
  db
    .selectFrom('executions')
    .selectAll()
    .where('open', '=', sql.lit(1))
    .where('deadline_at', '<=', p('until'))
    .orderBy('deadline_at')
    .limit(p('limit')),
);

/** The same of started work alone. */
export const heldPastDeadline = (db: Reader | Writer, until: number, limit: number): Promise<ExecutionRow[]> =>
  db
    .selectFrom('executions')
    .selectAll()
    .where('open', '=', sql.lit(1))
    .where('deadline_at', '<=', until)
    .where(unindexed<ExecutionRow['state']>('state'), 'in', ['running', 'unknown', 'cancelling'])
    .orderBy('deadline_at')
    .limit(limit)
    .execute();

/** Offers that are out. Index: executions_open_by_state. */
export const offeredRows = (db: Reader | Writer): Promise<ExecutionRow[]> =>
  db.selectFrom('executions').selectAll().where('open', '=', sql.lit(1)).where('state', '=', 'offered').orderBy('id').execute();

export type ExecutionFilter = {
  readonly runId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly agentId?: string | undefined;
  readonly state?: ExecutionRow['state'] | undefined;
  /** created then or later, ms */
  readonly since?: number | undefined;
  /** created before, ms */
  readonly until?: number | undefined;
};

/**
 * Newest first, by keyset on the id. Indexes: executions_open_by_… and executions_ended_by_…, or one of the plain ones. Of several
 * filters, the one that leaves the fewest rows has the index, and the others are checked on these rows. Times are ranges of ids.
 */
export const listExecutions = (
  db: Database['read'],
  filter: ExecutionFilter,
  after: string | undefined,
  limit: number,
): Promise<ExecutionRow[]> => filteredExecutions(db, filter, after).selectAll().orderBy('id', 'desc').limit(limit).execute();

export function filteredExecutions(
  db: Database['read'],
  { runId, agentId, taskId, state, since, until }: ExecutionFilter,
  after: string | undefined,
): SelectQueryBuilder<Tables, 'executions', object> {
  const first = runId !== undefined ? 'run_id' : agentId !== undefined ? 'agent_id' : taskId !== undefined ? 'task_id' : 'state';
  const hasState = first !== 'task_id';
  let query = db.selectFrom('executions');
  if (runId !== undefined) query = query.where('run_id', '=', runId);
  if (agentId !== undefined) query = query.where(first === 'agent_id' ? first : unindexed('agent_id'), '=', agentId);
  if (taskId !== undefined) query = query.where(first === 'task_id' ? first : unindexed('task_id'), '=', taskId);
  // a state is open or final, and says so: each has indexes of its own
  if (state !== undefined && hasState)
    query = query.where('open', '=', sql.lit(isFinal(state) ? 0 : 1)).where('state', '=', state);
  else if (state !== undefined) query = query.where(unindexed<ExecutionRow['state']>('state'), '=', state);
  const before = [after, until === undefined ? undefined : idFloor('execution', until)]
    .filter((id) => id !== undefined)
    .sort()[0];
  if (before !== undefined) query = query.where('id', '<', before);
  if (since !== undefined) query = query.where('id', '>=', idFloor('execution', since));
  return query;
}

/** One by one: a statement of many rows is built and bound anew each time, which takes longer than to run it. */
export async function insertExecutions(writer: Writer, rows: readonly ExecutionRow[]): Promise<void> {
  for (const row of rows) await insertOne(writer, row);
}

const columns = [
  'id', 'run_id', 'task_id', 'target', 'agent_id', 'agent_name', 'state', 'open', 'reason', 'reason_text', 'attempt', 'retries', 'not_before', 'deadline_at',
  'expires_at', 'assignment', 'gates', 'exit_code', 'message', 'data', 'log_from', 'log_bytes', 'cut_bytes', 'fold_key', 'duration_ms', 'created_at', 'offered_at',
  'started_at', 'finished_at',
] as const satisfies (keyof ExecutionRow)[]; // biome-ignore format: a list of columns

const insertOne = prepare((db: Reader, p: Params<ExecutionRow>) => db.insertInto('executions').values(p.each(...columns)));

/**
 * Writes the columns in which `after` differs, if the row is still in the state and attempt of `before`.
 * @returns whether it was
 */
export type UpdateExecution = (writer: Writer, before: ExecutionRow, after: ExecutionRow) => Promise<boolean>;

/** Prepares one statement per set of columns: as many as there are kinds of moves. A column that stays costs its indexes nothing. */
export function createUpdateExecution(): UpdateExecution {
  const statements = new Map<string, ReturnType<typeof prepareUpdate>>();
  return async (writer, before, after) => {
    const changed = columns.filter((column) => before[column] !== after[column]);
    if (changed.length === 0) return true;
    const key = changed.join();
    const update = statements.get(key) ?? prepareUpdate(changed);
    statements.set(key, update);
    return (await update(writer, { ...after, state_before: before.state, attempt_before: before.attempt })) === 1;
  };
}

const prepareUpdate = (changed: readonly (keyof ExecutionRow)[]) =>
  prepare((db: Reader, p: Params<ExecutionRow & { state_before: ExecutionRow['state']; attempt_before: number }>) =>
    db
      .updateTable('executions')
      .set(p.each(...changed))
      .where('id', '=', p('id'))
      .where('state', '=', p('state_before'))
      .where('attempt', '=', p('attempt_before')),
  );

const byOldest = (a: ExecutionRow, b: ExecutionRow): number => (a.id < b.id ? -1 : 1);
