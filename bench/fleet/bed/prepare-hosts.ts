import { randomBytes } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { copyFile, mkdir, open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { agentVersion } from '../../../agent/version.ts';
import { migrate } from '../../../server/platform/db/migrate.ts';
import { openDatabase } from '../../../server/platform/db/open.ts';
import { migrations } from '../../../server/schema/migrations/all.ts';
import type { Tables } from '../../../server/schema/schema.ts';
import type { AgentsTable } from '../../../server/schema/tables/agents.tables.ts';
import { idGenerator } from '../../../shared/ids.ts';
import { seedHosts } from '../../seed/hosts.ts';
import { createInserts } from '../../seed/inserts.ts';
import { createRandom } from '../../seed/random.ts';
import { seedLedger } from '../../seed/seed.ts';
import { makeKeys, type SimulatedHost } from '../agents/simulated-host.ts';

export type PrepareOptions = {
  /** where no server has worked yet */
  readonly dataDir: string;
  readonly agents: number;
  readonly slots: number;
  /** executions that the ledger shall hold already */
  readonly history: number;
  /** where seeded ledgers are kept for the next time, since ten million executions take a quarter of an hour; undefined: nowhere */
  readonly keepHistory?: string | undefined;
  /** takes the hosts, one JSON a line */
  readonly hostsFile: string;
  readonly say: (line: string) => void;
};

/**
 * Writes enrolled hosts into a new database, each with a key of its own, without the ten thousand requests that joining would take. They
 * are as their agents will tell, so that their first connection changes no row.
 */
export async function prepareHosts(options: PrepareOptions): Promise<void> {
  const { dataDir, agents, slots, history, hostsFile } = options;
  const now = Date.now();
  if (history > 0) {
    await seedHistory(options, now);
    await untilOnDisk(join(dataDir, 'muster.db'));
  } else {
    const port = await openDatabase<Tables>({ dataDir });
    await migrate(port, migrations, () => now);
    await port.close();
  }
  const database = new SqliteDatabase(join(dataDir, 'muster.db'));
  try {
    if (history === 0) insertHosts(database, agents, now);
    const hosts = enrolRows(database, slots);
    await writeFile(hostsFile, hosts.map((host) => `${JSON.stringify(host)}\n`).join(''), { mode: 0o600 });
  } finally {
    database.close();
  }
}

async function seedHistory({ dataDir, agents, history, keepHistory, say }: PrepareOptions, now: number): Promise<void> {
  const file = join(dataDir, 'muster.db');
  const kept = keepHistory === undefined ? undefined : join(keepHistory, `${history}-executions-of-${agents}-hosts.db`);
  if (kept !== undefined && existsSync(kept)) {
    say(`history: ${history.toLocaleString('en')} executions, as kept in ${kept}`);
    await copyFile(kept, file, constants.COPYFILE_FICLONE);
    return;
  }
  say(`history: ${history.toLocaleString('en')} executions`);
  await seedLedger({ dataDir, scale: history / 1_000_000, hosts: agents, isOver: true, now, say: () => undefined });
  if (kept === undefined || keepHistory === undefined) return;
  await mkdir(keepHistory, { recursive: true, mode: 0o700 });
  await copyFile(file, `${kept}.part`, constants.COPYFILE_FICLONE);
  await rename(`${kept}.part`, kept);
}

/** Gigabytes that the system still has to write would be in the way of what is measured. */
async function untilOnDisk(path: string): Promise<void> {
  await using file = await open(path, 'r+');
  await file.sync();
}

function insertHosts(database: SqliteDatabase.Database, agents: number, now: number): void {
  const inserts = createInserts(database);
  const newId = idGenerator(() => now, randomBytes);
  for (const { row } of seedHosts(agents, { random: createRandom(5), newId, now })) inserts.add('agents', row);
  inserts.commit();
}

function enrolRows(database: SqliteDatabase.Database, slots: number): SimulatedHost[] {
  const update = database.prepare(
    'UPDATE agents SET public_key = ?, os = ?, arch = ?, version = ?, slots = ?, revoked_at = NULL WHERE id = ?',
  );
  const rows = database.prepare<[], AgentsTable>('SELECT * FROM agents ORDER BY id').all();
  return database.transaction(() =>
    rows.map((row): SimulatedHost => {
      const keys = makeKeys();
      update.run(keys.publicKey, process.platform, process.arch, agentVersion, slots, row.id);
      const [facts, runtimes] = [JSON.parse(row.facts), JSON.parse(row.runtimes)];
      return { agentId: row.id, name: row.name, ...keys, slots, facts, runtimes };
    }),
  )();
}
