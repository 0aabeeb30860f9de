import BetterSqlite3, { type Database } from 'better-sqlite3';
import * as z from 'zod';
import { MusterError } from '../../shared/errors.ts';

/**
 * A backup is one SQLite file: the database of the server as it was at one moment, and two tables more. `muster_backup` has one row that
 * says what the file is, `muster_backup_files` holds the other files of the data folder.
 */
export const backupTables = [
  `CREATE TABLE muster_backup (
    format INTEGER NOT NULL, version TEXT NOT NULL, schema TEXT NOT NULL, made_at INTEGER NOT NULL, counts TEXT NOT NULL
  )`,
  'CREATE TABLE muster_backup_files (name TEXT PRIMARY KEY, content BLOB NOT NULL)',
] as const;

export const backupFormat = 1;

export type Manifest = {
  /** of the server that made it */
  readonly version: string;
  /** name of its last migration */
  readonly schema: string;
  /** ms since the epoch */
  readonly madeAt: number;
  /** rows by table */
  readonly counts: Readonly<Record<string, number>>;
};

/** The tables whose rows are counted: what a person knows a server by. */
const counted = ['agents', 'tasks', 'runs', 'executions', 'log_chunks'] as const;

export const countRows = (database: Database): Record<string, number> =>
  Object.fromEntries(
    counted.map((table) => [table, database.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0]),
  );

const manifestRow = z.object({
  format: z.number(),
  version: z.string(),
  schema: z.string(),
  made_at: z.number(),
  counts: z.string(),
});

/** Opens a file that should be a backup, and refuses with a sentence one that is none, or that is damaged. */
export function openBackup(file: string): { readonly database: Database; readonly manifest: Manifest } {
  const notOne = (why: string, cause?: unknown): MusterError => new MusterError('state_conflict', `${file} ${why}`, { cause });
  let database: Database;
  try {
    database = new BetterSqlite3(file, { readonly: true, fileMustExist: true });
  } catch (cause) {
    throw notOne(`cannot be opened: ${(cause as Error).message}.`, cause);
  }
  try {
    if (!hasManifest(database)) throw notOne('is no backup of Muster. `muster backup` makes one.');
    const row = manifestRow.parse(database.prepare('SELECT * FROM muster_backup').get());
    if (row.format > backupFormat)
      throw notOne(
        `was made by a newer version (${row.version}), whose backups this one cannot read. Restore it with that version.`,
      );
    checkIntegrity(database, file);
    const counts = z.record(z.string(), z.number()).parse(JSON.parse(row.counts));
    return { database, manifest: { version: row.version, schema: row.schema, madeAt: row.made_at, counts } };
  } catch (cause) {
    database.close();
    if (cause instanceof MusterError) throw cause;
    throw notOne(`is no backup of Muster, or is damaged: ${(cause as Error).message}. Use another backup.`, cause);
  }
}

const hasManifest = (database: Database): boolean =>
  database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'muster_backup'").get() !== undefined;

/** @throws MusterError if SQLite finds anything wrong with the file */
export function checkIntegrity(database: Database, file: string): void {
  const found = database.prepare<[], string>('PRAGMA integrity_check(3)').pluck().all();
  if (found.join() !== 'ok')
    throw new MusterError('state_conflict', `${file} is damaged (${found.join('; ')}). Use another backup.`);
}
