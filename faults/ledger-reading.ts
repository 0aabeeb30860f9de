import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import type {
  AttemptsTable,
  ExecutionsTable,
  LogChunksTable,
  RunsTable,
  TasksTable,
} from '../server/schema/tables/tasks.tables.ts';

/** What the ledger says, read from the database file after the server has ended. */
export type LedgerContent = {
  readonly tasks: readonly TasksTable[];
  readonly runs: readonly RunsTable[];
  readonly executions: readonly ExecutionsTable[];
  readonly attempts: readonly AttemptsTable[];
  readonly chunksOf: (executionId: string) => readonly LogChunksTable[];
  /** `ok`, or what SQLite found */
  readonly integrity: string;
  close(): void;
};

export function readLedger(dataDir: string): LedgerContent {
  const database = new BetterSqlite3(join(dataDir, 'muster.db'), { readonly: true });
  const all = <T>(sql: string): T[] => database.prepare<[], T>(sql).all();
  const chunks = database.prepare<[string], LogChunksTable>('SELECT * FROM log_chunks WHERE execution_id = ? ORDER BY start');
  return {
    tasks: all('SELECT * FROM tasks'),
    runs: all('SELECT * FROM runs ORDER BY id'),
    executions: all('SELECT * FROM executions ORDER BY id'),
    attempts: all('SELECT * FROM attempts ORDER BY execution_id, attempt'),
    chunksOf: (id) => chunks.all(id),
    integrity: String(database.pragma('integrity_check', { simple: true })),
    close: () => void database.close(),
  };
}
