import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../../server/platform/db/migrate.ts';
import { openDatabase } from '../../server/platform/db/open.ts';
import { migrations } from '../../server/schema/migrations/all.ts';
import type { Database, Tables } from '../../server/schema/schema.ts';

export type TestDatabase = {
  readonly db: Database;
  /** its data folder, for tests that open it again */
  readonly dataDir: string;
  /** Closes it and removes the folder. May be called twice. */
  dispose(): Promise<void>;
};

/** A real, migrated database in a temporary folder of its own, in `parent`. */
export async function openTestDatabase(parent: string = tmpdir()): Promise<TestDatabase> {
  const dataDir = await mkdtemp(join(parent, 'muster-test-'));
  // groups are not bounded by time, so that how busy the machine is makes no difference
  const db = await openDatabase<Tables>({ dataDir, limits: { maxUnitsPerGroup: 256, maxTurnsToGather: 8, maxWaiting: 200_000 } });
  await migrate(db, migrations, Date.now);
  return {
    db,
    dataDir,
    async dispose() {
      await db.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
