import type { Database } from 'better-sqlite3';
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import type { Immediate } from '../immediate.ts';
import type { Statements } from './statements.ts';

export type SqliteConnection = DatabaseConnection & Immediate;

/** Runs compiled queries on one SQLite connection. A query runs at once, within the call: two never interleave. */
export function createConnection(statements: Statements): SqliteConnection {
  const executeNow: Immediate['executeNow'] = (sql, parameters) => {
    const statement = statements.get(sql);
    return statement.reader ? { rows: statement.all(parameters) } : { changes: statement.run(parameters).changes };
  };
  return {
    executeNow,
    async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
      const result = executeNow(sql, parameters);
      return 'rows' in result ? { rows: result.rows as Row[] } : { rows: [], numAffectedRows: BigInt(result.changes) };
    },
    // biome-ignore lint/correctness/useYield: the interface wants a generator
    async *streamQuery() {
      // an open cursor would hold back the write-ahead log for as long as its reader takes
      throw new Error('Streaming is not supported: read page by page, by key.');
    },
  };
}

export type Settings = { readonly readonly: boolean; readonly cacheKiB: number };

/** The settings of a connection are not stored in the file, so each one gets them anew. */
export function configure(database: Database, { readonly, cacheKiB }: Settings): void {
  if (!readonly) {
    // works on a new file alone; so that space that becomes free can be given back in small steps
    database.pragma('auto_vacuum = INCREMENTAL');
    database.pragma('journal_mode = WAL');
    // FULL: a commit returns only when the log is on the disk; NORMAL would lose acknowledged rows in a power cut
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    // pages that are copied at a time, while everybody waits: a longer log makes longer pauses, and nothing faster
    database.pragma('wal_autocheckpoint = 1000');
    // the log shrinks again after a burst
    database.pragma('journal_size_limit = 67108864');
  }
  database.pragma(`cache_size = -${cacheKiB}`);
  // savepoints keep their undo log in a temporary store: in memory it costs no file
  database.pragma('temp_store = MEMORY');
}
