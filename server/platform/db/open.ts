import { join } from 'node:path';
import { MusterError } from '../../../shared/errors.ts';
import { claimDataFolder } from './data-folder.ts';
import type { GroupLimits } from './group-commit.ts';
import { type FileDatabase, openSqlite } from './sqlite/open.ts';

export type { FileDatabase };

export type DatabaseOptions = {
  readonly dataDir: string;
  /** unset: SQLite in the data folder */
  readonly url?: string;
  readonly limits?: GroupLimits;
};

/** About 5 ms of small units; more waiting than a fleet can cause while one group is written means that the disk has stopped. */
const defaultLimits: GroupLimits = {
  maxUnitsPerGroup: 256,
  maxTurnsToGather: 8,
  maxMsPerGroup: { ms: 10, monotonic: () => performance.now() },
  maxWaiting: 200_000,
};

/** Opens the database of a server and holds its data folder until it is closed. The schema is brought up to date by `migrate`. */
export async function openDatabase<Tables>({
  dataDir,
  url,
  limits = defaultLimits,
}: DatabaseOptions): Promise<FileDatabase<Tables>> {
  if (url !== undefined) {
    throw new MusterError('field_invalid', 'This version keeps its data in SQLite only: unset MUSTER_DATABASE_URL.', {
      field: 'databaseUrl',
    });
  }
  const folder = await claimDataFolder(dataDir);
  let closed: Promise<void> | undefined;
  try {
    const port = openSqlite<Tables>(join(dataDir, 'muster.db'), limits);
    return {
      ...port,
      close() {
        closed ??= port.close().finally(folder.release);
        return closed;
      },
    };
  } catch (error) {
    folder.release();
    throw error;
  }
}
