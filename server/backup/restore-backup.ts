import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import { MusterError } from '../../shared/errors.ts';
import { claimDataFolder, unfinishedRestore } from '../platform/db/data-folder.ts';
import { refuseForeignHistory } from '../platform/db/migrate.ts';
import type { Migration } from '../platform/db/migrations.ts';
import { type Manifest, openBackup } from './backup-file.ts';
import { restoredMarkFile, writeRestoredMark } from './restored-mark.ts';

export type RestoreOrder = {
  readonly file: string;
  readonly dataDir: string;
  /** what to do with a folder that holds something: refuse, or set it aside under another name */
  readonly occupied: 'refuse' | 'set-aside';
  /** whether the server may have worked on after the backup; if it has not, open work goes on where it was */
  readonly since: 'may-have-worked' | 'nothing-ran';
  readonly migrations: readonly Migration[];
  readonly now: () => number;
};

export type RestoreReport = Manifest & {
  readonly dataDir: string;
  readonly files: readonly string[];
  /** where the folder is that was there before; null if there was none */
  readonly setAside: string | null;
  /** executions that were open in the backup */
  readonly open: number;
};

/**
 * Makes a data folder of a backup. Everything is written and checked in a folder inside it, then renamed to its place, the database last;
 * while that inner folder is there, no server starts on the outer one.
 */
export async function restoreBackup(order: RestoreOrder): Promise<RestoreReport> {
  const { file, dataDir, migrations, now } = order;
  const { database, manifest } = openBackup(file);
  try {
    const applied = database.prepare<[], { name: string; checksum: string }>(
      'SELECT name, checksum FROM schema_migrations ORDER BY name',
    );
    refuseForeignHistory(applied.all(), migrations, `The backup ${file}`);
    const setAside = await makeRoom(order);
    const folder = await claimDataFolder(dataDir);
    const staging = join(dataDir, unfinishedRestore);
    try {
      checkSpace(dataDir, statSync(file).size);
      mkdirSync(staging, { mode: 0o700 });
      const files = writeFiles(database, staging);
      const open = writeDatabase(file, staging);
      if (order.since === 'may-have-worked') writeRestoredMark(staging, { backupMadeAt: manifest.madeAt, restoredAt: now() });
      const marks = order.since === 'may-have-worked' ? [restoredMarkFile] : [];
      for (const name of [...files, ...marks, 'muster.db']) renameSync(join(staging, name), join(dataDir, name));
      syncFolder(dataDir);
      rmSync(staging, { recursive: true });
      syncFolder(dataDir);
      return { ...manifest, dataDir, files, setAside, open };
    } finally {
      folder.release();
    }
  } finally {
    database.close();
  }
}

/** @returns the new name of what was there */
async function makeRoom({ file, dataDir, occupied, now }: RestoreOrder): Promise<string | null> {
  if (!existsSync(dataDir)) return null;
  const content = readdirSync(dataDir).filter((name) => !name.startsWith('muster.lock'));
  if (content.length === 0) return null;
  if (occupied === 'refuse')
    throw new MusterError(
      'state_conflict',
      `${dataDir} is not empty (${content.slice(0, 3).join(', ')}${content.length > 3 ? ', …' : ''}). Name another folder with --data-dir, or set this one aside with --force.`,
    );
  // refuses if a server works on it
  (await claimDataFolder(dataDir, { unfinishedRestore: 'ignore' })).release();
  if (resolve(file).startsWith(`${resolve(dataDir)}/`))
    throw new MusterError(
      'state_conflict',
      `The backup ${file} lies in the folder that is to be set aside. Move ${basename(file)} out of it first.`,
    );
  const aside = `${dataDir}.before-restore-${new Date(now()).toISOString().replace(/[-:]|\.\d+/g, '')}`;
  if (existsSync(aside)) throw new MusterError('state_conflict', `${aside} is there already. Try again in a second.`);
  try {
    renameSync(dataDir, aside);
  } catch (cause) {
    throw new MusterError(
      'state_conflict',
      `${dataDir} cannot be set aside (${(cause as Error).message}). Move what is in it to another place yourself, then restore without --force.`,
      { cause },
    );
  }
  return aside;
}

function writeFiles(database: Database, staging: string): string[] {
  const rows = database.prepare<[], { name: string; content: Buffer }>('SELECT name, content FROM muster_backup_files').all();
  return rows.map(({ name, content }) => {
    // a name in a file from elsewhere is never a path
    if (basename(name) !== name || name.startsWith('.') || name.startsWith('muster.db'))
      throw new MusterError(
        'state_conflict',
        `The backup holds a file with a name that it cannot have (${JSON.stringify(name)}).`,
      );
    writeFileSync(join(staging, name), content, { mode: 0o600, flag: 'wx', flush: true });
    return name;
  });
}

/** @returns how many executions are open in it */
function writeDatabase(file: string, staging: string): number {
  const path = join(staging, 'muster.db');
  copyFileSync(file, path);
  // the copy takes the mode of the file that it was made of
  chmodSync(path, 0o600);
  const database = new BetterSqlite3(path);
  try {
    database.pragma('journal_mode = DELETE');
    database.pragma('synchronous = FULL');
    database.exec('BEGIN; DROP TABLE muster_backup; DROP TABLE muster_backup_files; COMMIT');
    return database.prepare<[], number>('SELECT count(*) FROM executions WHERE open = 1').pluck().get() ?? 0;
  } finally {
    database.close();
    const opened = openSync(path, 'r+');
    fsyncSync(opened);
    closeSync(opened);
  }
}

function checkSpace(folder: string, needed: number): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < needed)
    throw new MusterError('disk_full', `${folder} has too little space: the backup needs ${Math.ceil(needed / 1024 ** 2)} MiB.`);
}

function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  fsyncSync(folder);
  closeSync(folder);
}
