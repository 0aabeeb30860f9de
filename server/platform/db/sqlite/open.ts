import { closeSync, openSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { createGroupCommit, type GroupLimits } from '../group-commit.ts';
import type { DatabasePort } from '../port.ts';
import { configure, createConnection } from './connection.ts';
import { createDialect } from './dialect.ts';
import { createStatements } from './statements.ts';
import { createWriteEngine } from './write-engine.ts';

const statementsPerConnection = 256;
const busyTimeoutMs = 2000;
const cacheKiB = 8192;

/**
 * SQLite in one file with a write-ahead log. One connection writes; a second, read-only one reads, so that it sees only what is
 * committed and never waits. The caller makes sure that no other server has the file open.
 */
export function openSqlite<Tables>(file: string, limits: GroupLimits): DatabasePort<Tables> {
  // SQLite gives its log the mode of the file, and would make the file for everybody to read
  closeSync(openSync(file, 'a', 0o600));
  const writing = new BetterSqlite3(file, { timeout: busyTimeoutMs });
  configure(writing, { readonly: false, cacheKiB });
  const reading = new BetterSqlite3(file, { timeout: busyTimeoutMs, readonly: true });
  configure(reading, { readonly: true, cacheKiB });

  const dialect = createDialect();
  const connectionOf = (database: BetterSqlite3.Database) =>
    createConnection(createStatements(database, statementsPerConnection));
  const groups = createGroupCommit(createWriteEngine<Tables>(writing, connectionOf(writing), dialect), limits);

  return {
    read: dialect.reader<Tables>(connectionOf(reading)),
    write: groups.write,
    async close() {
      await groups.drain();
      reading.close();
      // the last connection to close brings the log into the file and removes it
      writing.close();
    },
  };
}
