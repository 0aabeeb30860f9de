import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { MusterError } from '../../../shared/errors.ts';
import type { FileDatabase } from './open.ts';

/** A larger database is not copied at the start of a server, which would take minutes: for it, `muster backup` comes before an update. */
export const largestCopiedBytes = 1024 ** 3;
/** What the indexes of a migration may take beside the database, and its log until the commit. */
const shareOfMigration = 0.5;
const leastFreeBytes = 32 * 1024 ** 2;

export type CopyBeforeMigration<Tables> = {
  readonly dataDir: string;
  readonly port: Pick<FileDatabase<Tables>, 'read' | 'space'>;
  readonly freeBytes?: (folder: string) => number;
  readonly tell: (fields: { readonly file?: string; readonly bytes: number }, message: string) => void;
};

/**
 * The way back from an update: before the first migration that an existing database has not seen, a copy of it as it is,
 * `muster.db.before-<migration>`. It stays until somebody deletes it.
 *
 * @throws MusterError disk_full if the migration itself would probably not fit on the disk
 */
export async function copyBeforeMigration<Tables>(name: string, options: CopyBeforeMigration<Tables>): Promise<void> {
  const { dataDir, port, freeBytes = freeBytesOf, tell } = options;
  const { bytes } = port.space();
  const free = freeBytes(dataDir);
  const needed = leastFreeBytes + bytes * shareOfMigration;
  if (free < needed)
    throw new MusterError(
      'disk_full',
      `The database has to be brought to the form of this version (${name}), for which ${dataDir} should have ${mib(needed)} of space and has ${mib(free)}. Free some space and start again. Nothing was changed.`,
    );
  const file = join(dataDir, `muster.db.before-${name}`);
  // made by a start that did not come to its end: that is the one from before
  if (existsSync(file)) return;
  if (bytes > largestCopiedBytes || free < needed + bytes) {
    tell({ bytes }, 'database is migrated without a copy of it from before: it is too large, or the disk too full');
    return;
  }
  const draft = `${file}.partial`;
  rmSync(draft, { force: true });
  closeSync(openSync(draft, 'wx', 0o600));
  await sql`VACUUM INTO ${draft}`.execute(port.read);
  const opened = openSync(draft, 'r+');
  fsyncSync(opened);
  closeSync(opened);
  renameSync(draft, file);
  tell({ file, bytes }, 'database is migrated; a copy of it from before was kept');
}

function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

const mib = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`;
