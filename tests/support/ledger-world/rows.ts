import { sql } from 'kysely';
import type { Database } from '../../../server/schema/schema.ts';
import type {
  ExecutionGatesTable,
  ExecutionsTable,
  LogChunksTable,
  RunsTable,
} from '../../../server/schema/tables/tasks.tables.ts';
import { runStateOf } from '../../../shared/run-states.ts';
import { canMove, type ExecutionState, finalStates, heldStates, isFinal } from '../../../shared/states.ts';

/** What must hold of the rows of a ledger alone, whoever the agents are. */

const ledgerTables = [
  'tasks',
  'task_versions',
  'runs',
  'executions',
  'execution_gates',
  'attempts',
  'log_chunks',
  'audit',
  'seen_moves',
] as const;

export type Snapshot = {
  readonly executions: readonly ExecutionsTable[];
  readonly runs: readonly RunsTable[];
  readonly chunks: readonly LogChunksTable[];
  readonly gates: readonly ExecutionGatesTable[];
};

/** A watch is kept in the database itself, so that no change of a state goes unseen. */
export async function watchMoves(db: Database): Promise<void> {
  await db.write(async (writer) => {
    await sql`CREATE TABLE seen_moves (execution_id TEXT, was TEXT, became TEXT, was_open INTEGER, attempt_was INTEGER, attempt INTEGER)`.execute(
      writer,
    );
    await sql`CREATE TRIGGER see_moves AFTER UPDATE OF state, open, attempt, agent_id, reason, deadline_at ON executions BEGIN
      INSERT INTO seen_moves VALUES (NEW.id, OLD.state, NEW.state, OLD.open, OLD.attempt, NEW.attempt); END`.execute(writer);
  });
}

/** For the next history. */
export async function emptyLedger(db: Database): Promise<void> {
  await db.write(async (writer) => {
    for (const table of ledgerTables) await sql`DELETE FROM ${sql.table(table)}`.execute(writer);
  });
}

export function must(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(`Broken: ${otherwise}`);
}

export async function snapshot(db: Database): Promise<Snapshot> {
  const [executions, runs, chunks, gates] = await Promise.all([
    db.read.selectFrom('executions').selectAll().orderBy('id').execute(),
    db.read.selectFrom('runs').selectAll().orderBy('id').execute(),
    db.read.selectFrom('log_chunks').selectAll().orderBy('execution_id').orderBy('start').execute(),
    db.read.selectFrom('execution_gates').selectAll().orderBy('execution_id').execute(),
  ]);
  return { executions, runs, chunks, gates };
}

type SeenMove = {
  number: number;
  execution_id: string;
  was: ExecutionState;
  became: ExecutionState;
  was_open: number;
  attempt_was: number;
  attempt: number;
};

/** @returns how far it has looked */
export async function checkMoves(db: Database, after: number): Promise<number> {
  const { rows } = await sql<SeenMove>`SELECT rowid AS number, * FROM seen_moves WHERE rowid > ${after}`.execute(db.read);
  for (const { execution_id: id, was, became, was_open, attempt_was, attempt } of rows) {
    must(was_open === 1, `${id} was changed after its end (${was} to ${became})`);
    must(was === became || canMove(was, became), `${id} went from ${was} to ${became}`);
    const next = became === 'offered' && was === 'queued' ? 1 : 0;
    must(attempt === attempt_was + next, `${id} went to attempt ${attempt} as ${became}`);
  }
  return rows.at(-1)?.number ?? after;
}

export function checkRow(row: ExecutionsTable): void {
  const { id, state } = row;
  must(row.open === (isFinal(state) ? 0 : 1), `${id} is ${state} with open = ${row.open}`);
  must((row.finished_at !== null) === isFinal(state), `${id} is ${state} and finished at ${row.finished_at}`);
  must((row.deadline_at === null) === isFinal(state), `${id} is ${state} with the deadline ${row.deadline_at}`);
  if (isFinal(state) || state === 'queued') must(row.reason !== null, `${id} is ${state} and nobody knows why`);
  if (heldStates.includes(state)) must(row.agent_id !== null && row.attempt > 0, `${id} is ${state} with nobody`);
  if (state === 'queued')
    must((row.agent_id === null) === (row.target === 'anyone'), `${id} waits for ${row.agent_id} as ${row.target}`);
}

export function checkRun(run: RunsTable, all: readonly ExecutionsTable[]): void {
  const executions = all.filter(({ run_id }) => run_id === run.id);
  const count = (state: ExecutionState): number => executions.filter((execution) => execution.state === state).length;
  must(run.total === executions.length && run.total > 0, `${run.id} has ${executions.length} executions of ${run.total}`);
  must(run.open === executions.filter(({ open }) => open === 1).length, `${run.id} counts ${run.open} as open`);
  for (const state of finalStates) {
    const counted = run[state as 'succeeded'];
    must(counted === count(state), `${run.id} counts ${counted} as ${state}, but there are ${count(state)}`);
  }
  must(run.state === runStateOf(run), `${run.id} is ${run.state}`);
  must((run.finished_at === null) === (run.state === 'active'), `${run.id} is ${run.state} and finished at ${run.finished_at}`);
}

/** The log has no hole and no repeat. */
export function checkLogs({ chunks, executions }: Snapshot): void {
  const ends = new Map<string, number>();
  for (const { execution_id: id, start, bytes, text } of chunks) {
    must(start === (ends.get(id) ?? 0), `the log of ${id} goes on at ${start}, not at ${ends.get(id) ?? 0}`);
    must(
      bytes === Buffer.byteLength(text),
      `the log of ${id} has ${Buffer.byteLength(text)} bytes at ${start}, and says ${bytes}`,
    );
    ends.set(id, start + bytes);
  }
  for (const { id, state, log_bytes } of executions)
    if (isFinal(state))
      must(log_bytes === (ends.get(id) ?? 0), `${id} says ${log_bytes} bytes of log, there are ${ends.get(id) ?? 0}`);
}
