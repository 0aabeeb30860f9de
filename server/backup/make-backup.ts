import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import BetterSqlite3, { type Database } from 'better-sqlite3';
import { MusterError } from '../../shared/errors.ts';
import { backupFormat, backupTables, checkIntegrity, countRows, type Manifest } from './backup-file.ts';
import { dataFiles } from './data-files.ts';
import { noteLastBackup } from './last-backup.ts';

export type BackupOrder = {
  readonly dataDir: string;
  /** must not be there yet */
  readonly file: string;
  readonly version: string;
  readonly now: () => number;
};

export type BackupReport = Manifest & {
  readonly file: string;
  readonly bytes: number;
  readonly files: readonly string[];
  readonly durationMs: number;
  /** length of the write-ahead log when the copy was done: it cannot begin anew while the copy reads, and shrinks by itself afterwards */
  readonly walBytes: number;
};

/**
 * Copies the database as it is at this moment into one new file, compacted, while a server goes on writing: the copy is one long read
 * beside it, in a process of its own. Whoever finds the file under its name finds it whole: it is written beside, checked, brought to the
 * disk, then renamed.
 */
export function makeBackup({ dataDir, file, version, now }: BackupOrder): BackupReport {
  const startedAt = now();
  const draft = `${file}.partial`;
  refuseTaken(file);
  const source = openSource(dataDir);
  try {
    checkSpace(source, file);
    // what a backup that was killed left
    rmSync(draft, { force: true });
    // made before SQLite opens it, which would make it for everybody to read
    closeSync(openSync(draft, 'wx', 0o600));
    source.prepare('VACUUM INTO ?').run(draft);
    const walBytes = sizeOf(join(dataDir, 'muster.db-wal'));
    const { manifest, files } = complete(draft, dataDir, version, startedAt);
    syncPath(draft);
    refuseTaken(file);
    renameSync(draft, file);
    if (process.platform !== 'win32') syncPath(dirname(file));
    noteLastBackup(dataDir, { at: startedAt, file });
    return { ...manifest, file, files, bytes: sizeOf(file), durationMs: now() - startedAt, walBytes };
  } catch (cause) {
    rmSync(draft, { force: true });
    if (cause instanceof MusterError) throw cause;
    throw new MusterError('state_conflict', `The backup could not be written to ${file}: ${(cause as Error).message}.`, {
      cause,
    });
  } finally {
    source.close();
  }
}

function openSource(dataDir: string): Database {
  const path = join(dataDir, 'muster.db');
  try {
    return new BetterSqlite3(path, { readonly: true, fileMustExist: true });
  } catch (cause) {
    const why = existsSync(path) ? (cause as Error).message : 'there is no muster.db in it';
    throw new MusterError('field_invalid', `No backup can be made of ${dataDir} (MUSTER_DATA_DIR): ${why}.`, {
      field: 'dataDir',
      cause,
    });
  }
}

/** Adds what makes the copy a backup, and checks it. */
function complete(draft: string, dataDir: string, version: string, madeAt: number): { manifest: Manifest; files: string[] } {
  const copy = new BetterSqlite3(draft);
  try {
    copy.pragma('journal_mode = DELETE');
    const files = dataFiles.filter((name) => existsSync(join(dataDir, name)));
    const schema = copy.prepare<[], string>('SELECT max(name) FROM schema_migrations').pluck().get() ?? '';
    const manifest: Manifest = { version, schema, madeAt, counts: countRows(copy) };
    copy.transaction(() => {
      for (const table of backupTables) copy.exec(table);
      const keep = copy.prepare('INSERT INTO muster_backup_files (name, content) VALUES (?, ?)');
      for (const name of files) keep.run(name, readFileSync(join(dataDir, name)));
      copy
        .prepare('INSERT INTO muster_backup (format, version, schema, made_at, counts) VALUES (?, ?, ?, ?, ?)')
        .run(backupFormat, version, schema, madeAt, JSON.stringify(manifest.counts));
    })();
    checkIntegrity(copy, 'The copy that was just written');
    return { manifest, files };
  } finally {
    copy.close();
  }
}

function refuseTaken(file: string): void {
  if (existsSync(file))
    throw new MusterError(
      'state_conflict',
      `${file} is there already, and a backup is never written over another file. Name another one.`,
    );
}

function checkSpace(source: Database, file: string): void {
  const folder = dirname(file);
  if (!existsSync(folder)) throw new MusterError('field_invalid', `There is no folder ${folder} to write the backup to.`);
  const pages = Number(source.pragma('page_count', { simple: true })) - Number(source.pragma('freelist_count', { simple: true }));
  const needed = pages * Number(source.pragma('page_size', { simple: true }));
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < needed)
    throw new MusterError(
      'disk_full',
      `The backup needs ${mib(needed)}, and ${folder} has ${mib(bavail * bsize)} left. Name a file on a larger disk.`,
    );
}

const mib = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`;

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function syncPath(path: string): void {
  const opened = openSync(path, process.platform === 'win32' ? 'r+' : 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}
