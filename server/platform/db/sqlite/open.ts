import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { sql } from 'kysely';
import { MusterError } from '../../../../shared/errors.ts';
import { createGroupCommit, type GroupLimits } from '../group-commit.ts';
import type { DatabasePort } from '../port.ts';
import { configure, createConnection } from './connection.ts';
import { createDialect } from './dialect.ts';
import { explainSqliteError } from './errors.ts';
import { createStatements } from './statements.ts';
import { createWriteEngine } from './write-engine.ts';

const statementsPerConnection = 256;
const busyTimeoutMs = 2000;
const cacheKiB = 8192;

/** A database that is a file, which grows and may shrink. */
export type FileDatabase<Tables> = DatabasePort<Tables> & {
  space(): { readonly bytes: number; readonly freeBytes: number };
  /** About how many rows a table has of which the oldest go first, without counting them; never fewer than there are. */
  rowsAbout(table: string): number;
  /**
   * Gives free pages at the end of the file back to the file system, at most so many. Some stay, because what comes next uses them again.
   * @returns whether there are more to give
   */
  giveBack(pages: number): Promise<boolean>;
};

/** A file of which less than this share is free is left as it is. */
const freeShareKept = 0.2;
const freePagesKept = 4096;

/**
 * SQLite in one file with a write-ahead log. One connection writes; a second, read-only one reads, so that it sees only what is
 * committed and never waits. The caller makes sure that no other server has the file open.
 */
export function openSqlite<Tables>(file: string, limits: GroupLimits): FileDatabase<Tables> {
  refuseLostDatabase(file);
  try {
    return openConnections(file, limits);
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw explainSqliteError(error, file);
    throw new MusterError(
      'internal',
      `The database ${file} cannot be opened (${code}). Start the server as the user who owns it.`,
      {
        cause: error,
      },
    );
  }
}

/** SQLite would throw the log away that stands alone, and with it what may be the last trace of the ledger. */
function refuseLostDatabase(file: string): void {
  const log = `${file}-wal`;
  if (existsSync(file) || (statSync(log, { throwIfNoEntry: false })?.size ?? 0) === 0) return;
  throw new MusterError(
    'state_conflict',
    `There is a write-ahead log (${log}), but its database ${file} is missing. Put the database back beside it, or restore a backup with \`muster restore FILE --force\`.`,
  );
}

function openConnections<Tables>(file: string, limits: GroupLimits): FileDatabase<Tables> {
  // SQLite gives its log the mode of the file, and would make the file for everybody to read
  closeSync(openSync(file, 'a', 0o600));
  const writing = new BetterSqlite3(file, { timeout: busyTimeoutMs });
  configure(writing, { readonly: false, cacheKiB });
  const reading = new BetterSqlite3(file, { timeout: busyTimeoutMs, readonly: true });
  configure(reading, { readonly: true, cacheKiB });

  const dialect = createDialect();
  const connectionOf = (database: BetterSqlite3.Database) =>
    createConnection(createStatements(database, statementsPerConnection));
  const groups = createGroupCommit(createWriteEngine<Tables>(writing, connectionOf(writing), dialect, file), limits);

  const pragma = (name: string): number => Number(reading.pragma(name, { simple: true }));
  const hasToGive = (): boolean =>
    // a file that was made without it keeps its size, and uses its free pages again
    pragma('auto_vacuum') === 2 && pragma('freelist_count') > Math.max(freePagesKept, freeShareKept * pragma('page_count'));

  return {
    space: () => {
      const page = pragma('page_size');
      return { bytes: page * pragma('page_count'), freeBytes: page * pragma('freelist_count') };
    },
    rowsAbout(table) {
      const end = (which: 'min' | 'max'): number =>
        Number(reading.prepare(`SELECT ${which}(rowid) FROM "${table}"`).pluck().get() ?? 0);
      const last = end('max');
      return last === 0 ? 0 : last - end('min') + 1;
    },
    async giveBack(pages) {
      if (!hasToGive()) return false;
      await groups.write(async (transaction) => void (await sql.raw(`PRAGMA incremental_vacuum(${pages})`).execute(transaction)));
      return hasToGive();
    },
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
