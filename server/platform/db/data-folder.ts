import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { MusterError } from '../../../shared/errors.ts';
import { sqliteCode } from './sqlite/errors.ts';

/** A data folder that this process has to itself. */
export type DataFolder = {
  readonly path: string;
  /** May be called twice. */
  release(): void;
};

/**
 * Makes the folder if there is none (mode 0700; one that exists keeps its mode) and locks it, so that two servers never work on the same
 * ledger.
 *
 * The lock is one that the kernel holds for the process, on the file `muster.lock`: it ends with the process, however that ends, so that
 * no lock is ever left behind and no process id is ever mistaken for another. SQLite knows how to take it on every platform: a
 * transaction that is begun for writing and never ended, beside which others may still read who holds it.
 *
 * Nothing else in the process may open `muster.lock` or `muster.db` as a plain file: closing it there would drop the lock (POSIX).
 */
export async function claimDataFolder(
  path: string,
  options: { readonly unfinishedRestore: 'refuse' | 'ignore' } = { unfinishedRestore: 'refuse' },
): Promise<DataFolder> {
  const lock = await openLock(path);
  try {
    claim(lock);
    if (options.unfinishedRestore === 'refuse') refuseUnfinishedRestore(path);
  } catch (error) {
    const message = isBusy(error)
      ? `The data folder ${path} is in use by ${holderOf(lock)}. Stop it, or give this one a folder of its own.`
      : undefined;
    lock.close();
    throw message === undefined ? error : new MusterError('state_conflict', message, { cause: error });
  }
  return { path, release: () => void lock.close() };
}

/** A folder inside a data folder, there while a backup is restored into it. */
export const unfinishedRestore = 'restoring';

function refuseUnfinishedRestore(path: string): void {
  if (existsSync(join(path, unfinishedRestore)))
    throw new MusterError(
      'state_conflict',
      `A restore into the data folder ${path} was not finished. Run \`muster restore\` once more, with --force.`,
    );
}

async function openLock(path: string): Promise<BetterSqlite3.Database> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    return new BetterSqlite3(join(path, 'muster.lock'), { timeout: 0 });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MusterError('field_invalid', `The data folder ${path} (MUSTER_DATA_DIR) cannot be written: ${why}.`, {
      field: 'dataDir',
      cause,
    });
  }
}

function claim(lock: BetterSqlite3.Database): void {
  lock.pragma('synchronous = OFF');
  lock.exec('BEGIN IMMEDIATE');
  lock.exec('CREATE TABLE IF NOT EXISTS holder (pid INTEGER NOT NULL)');
  lock.exec('DELETE FROM holder');
  lock.prepare<[number]>('INSERT INTO holder (pid) VALUES (?)').run(process.pid);
  lock.exec('COMMIT; BEGIN IMMEDIATE');
  // another server may have come between the two, left its id and found the lock taken: name the right one
  if (pidIn(lock) !== process.pid) {
    lock.exec('ROLLBACK');
    claim(lock);
  }
}

const pidIn = (lock: BetterSqlite3.Database): number | undefined =>
  lock.prepare<[], { pid: number }>('SELECT pid FROM holder').get()?.pid;

function holderOf(lock: BetterSqlite3.Database): string {
  try {
    return `the process ${pidIn(lock)}`;
  } catch {
    return 'another process that is just starting';
  }
}

const isBusy = (error: unknown): boolean => sqliteCode(error)?.startsWith('SQLITE_BUSY') ?? false;
