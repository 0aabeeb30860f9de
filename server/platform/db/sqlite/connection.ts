import type { Database } from 'better-sqlite3';
import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import type { Statements } from './statements.ts';

/** Runs compiled queries on one SQLite connection. A query runs at once, within the call: two never interleave. */
export function createConnection(statements: Statements): DatabaseConnection {
  return {
    async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
      const statement = statements.get(query.sql);
      if (statement.reader) return { rows: statement.all(query.parameters) as Row[] };
      return { rows: [], numAffectedRows: BigInt(statement.run(query.parameters).changes) };
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
    database.pragma('wal_autocheckpoint = 2000');
    // the log shrinks again after a burst
    database.pragma('journal_size_limit = 67108864');
  }
  database.pragma(`cache_size = -${cacheKiB}`);
  // savepoints keep their undo log in a temporary store: in memory it costs no file
  database.pragma('temp_store = MEMORY');
}
