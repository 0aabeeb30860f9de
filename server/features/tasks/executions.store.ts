import type { Database, Reader, Writer } from '../../schema/schema.ts';
import type { AttemptRow, ExecutionRow } from './rows.ts';

/** Rows of `executions` and `attempts`. State changes go through the ledger alone. */

export const findExecution = (db: Reader | Writer, id: string): Promise<ExecutionRow | undefined> =>
  db.selectFrom('executions').selectAll().where('id', '=', id).executeTakeFirst();

/** Open work of one agent, in the order of its making. Index: executions_open_by_agent. */
export const heldByAgent = (db: Reader | Writer, agentId: string): Promise<ExecutionRow[]> =>
  db
    .selectFrom('executions')
    .selectAll()
    .where('open', '=', 1)
    .where('agent_id', '=', agentId)
    .where('state', 'in', ['offered', 'running', 'unknown', 'cancelling'])
    .orderBy('id')
    .execute();

/** All open work of an agent, queued too. Index: executions_open_by_agent. */
export const openOfAgent = (db: Reader | Writer, agentId: string): Promise<ExecutionRow[]> =>
  db.selectFrom('executions').selectAll().where('open', '=', 1).where('agent_id', '=', agentId).orderBy('id').execute();

/** What may be offered to an agent now, oldest first. `null` stands for the queue of `Anyone`. Index: executions_open_by_agent. */
export const readyFor = (db: Reader, agentId: string | null, now: number, limit: number, after = ''): Promise<ExecutionRow[]> =>
  db
    .selectFrom('executions')
    .selectAll()
    .where('open', '=', 1)
    .where('agent_id', agentId === null ? 'is' : '=', agentId)
    .where('state', '=', 'queued')
    .where('not_before', '<=', now)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute();

/** Open executions whose state ends by itself now. Index: executions_open_by_deadline. */
export const pastDeadline = (db: Reader, now: number, limit: number): Promise<ExecutionRow[]> =>
  db
    .selectFrom('executions')
    .selectAll()
    .where('open', '=', 1)
    .where('deadline_at', '<=', now)
    .orderBy('deadline_at')
    .limit(limit)
    .execute();

/** How many executions are in these states, per agent; read once at start. Index: executions_open_by_agent. */
export const countByAgent = (
  db: Reader,
  states: readonly ExecutionRow['state'][],
): Promise<{ agent_id: string | null; count: number }[]> =>
  db
    .selectFrom('executions')
    .select(['agent_id', (eb) => eb.fn.countAll<number>().as('count')])
    .where('open', '=', 1)
    .where('state', 'in', [...states])
    .groupBy('agent_id')
    .execute();

/** Offers that are out. Index: executions_by_state. */
export const offeredRows = (db: Reader | Writer): Promise<ExecutionRow[]> =>
  db.selectFrom('executions').selectAll().where('state', '=', 'offered').orderBy('id').execute();

/** Open executions of a run; index: executions_open_by_run. */
export const openOfRun = (db: Reader | Writer, runId: string): Promise<ExecutionRow[]> =>
  db.selectFrom('executions').selectAll().where('open', '=', 1).where('run_id', '=', runId).orderBy('id').execute();

/** Counts of the open states of a run; index: executions_open_by_run. */
export const openCountsOfRun = (db: Reader, runId: string) =>
  db
    .selectFrom('executions')
    .select(['state', (eb) => eb.fn.countAll<number>().as('count')])
    .where('open', '=', 1)
    .where('run_id', '=', runId)
    .groupBy('state')
    .execute();

export const openCounts = (db: Reader) =>
  db
    .selectFrom('executions')
    .select(['state', (eb) => eb.fn.countAll<number>().as('count')])
    .where('open', '=', 1)
    .groupBy('state')
    .execute();

export const attemptsOf = (db: Reader, executionId: string): Promise<AttemptRow[]> =>
  db.selectFrom('attempts').selectAll().where('execution_id', '=', executionId).orderBy('attempt').execute();

export type ExecutionFilter = {
  readonly runId?: string | undefined;
  readonly taskId?: string | undefined;
  readonly agentId?: string | undefined;
  readonly state?: ExecutionRow['state'] | undefined;
};

/** Newest first, by keyset on the id; one index per filter. */
export function listExecutions(
  db: Database['read'],
  filter: ExecutionFilter,
  after: string | undefined,
  limit: number,
): Promise<ExecutionRow[]> {
  let query = db.selectFrom('executions').selectAll();
  if (filter.runId !== undefined) query = query.where('run_id', '=', filter.runId);
  if (filter.taskId !== undefined) query = query.where('task_id', '=', filter.taskId);
  if (filter.agentId !== undefined) query = query.where('agent_id', '=', filter.agentId);
  if (filter.state !== undefined) query = query.where('state', '=', filter.state);
  if (after !== undefined) query = query.where('id', '<', after);
  return query.orderBy('id', 'desc').limit(limit).execute();
}

/** A statement has a bounded number of parameters (32,766 in SQLite): rows go in chunks. */
const rowsPerInsert = 500;

export async function insertExecutions(writer: Writer, rows: readonly ExecutionRow[]): Promise<void> {
  for (let i = 0; i < rows.length; i += rowsPerInsert) {
    await writer
      .insertInto('executions')
      .values(rows.slice(i, i + rowsPerInsert))
      .execute();
  }
}
