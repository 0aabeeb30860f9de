import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { migrate } from '../../server/platform/db/migrate.ts';
import { openSqlite } from '../../server/platform/db/sqlite/open.ts';
import { migrations } from '../../server/schema/migrations/all.ts';
import { startProgram } from '../../tests/support/child-program.ts';
import { startServerProcess } from '../../tests/support/server-process.ts';
import type { ScenarioOptions, ScenarioOutcome } from './scenario.ts';

const preload = new URL('../preload.ts', import.meta.url).href;

/** A data folder of the first schema; the server is killed in the middle of each migration in turn, and must start whole afterwards. */
export async function runMigration({ keep, say }: Pick<ScenarioOptions, 'keep' | 'say'>): Promise<ScenarioOutcome> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-migration-'));
  const dataDir = join(folder, 'data');
  const rows: (readonly [string, string])[] = [];
  let ok = true;
  try {
    // the first schema, made as the first version made it
    await mkdir(dataDir, { mode: 0o700 });
    await mkdir(join(folder, 'plugins'));
    const old = openSqlite(join(dataDir, 'muster.db'), { maxUnitsPerGroup: 10, maxTurnsToGather: 8, maxWaiting: 10 });
    await migrate(old, migrations.slice(0, 1), Date.now);
    await old.close();

    for (let hit = 1; hit < migrations.length; hit += 1) {
      const program = startProgram({
        program: 'server',
        flags: ['--import', preload],
        env: {
          MUSTER_DATA_DIR: dataDir,
          MUSTER_PLUGINS_DIR: join(folder, 'plugins'),
          MUSTER_PORT: '0',
          MUSTER_LOG_LEVEL: 'warn',
          // the one before was whole, and this time it gets through that one
          MUSTER_FAULTS_ARM: `migration-half:${hit === 1 ? 1 : 2}`,
          NODE_COMPILE_CACHE: join(folder, 'compiled'),
        },
      });
      await new Promise((resolve) => program.child.once('close', resolve));
      const killed = program.child.signalCode === 'SIGKILL';
      ok &&= killed;
      const applied = namesIn(dataDir);
      rows.push([
        `killed in migration ${hit + 1}, ${applied.length} whole before it`,
        killed ? 'yes' : `no: exit code ${program.child.exitCode} ${program.output().slice(-300)}`,
      ]);
      const whole = applied.length === hit && integrityOf(dataDir) === 'ok';
      ok &&= whole;
    }
    const again = await startServerProcess({
      dataDir,
      pluginsDir: join(folder, 'plugins'),
      settings: { MUSTER_LOG_LEVEL: 'warn' },
    });
    const inOrder = await again.stop();
    const names = namesIn(dataDir);
    ok &&= inOrder && names.length === migrations.length && integrityOf(dataDir) === 'ok';
    rows.push(['starts again, with all migrations', `${names.join(', ')}; integrity ${integrityOf(dataDir)}`]);
    return { ok, rows };
  } finally {
    if (keep) say(`Kept: ${folder}`);
    else await rm(folder, { recursive: true, force: true });
  }
}

function read<T>(dataDir: string, what: (database: BetterSqlite3.Database) => T): T {
  const database = new BetterSqlite3(join(dataDir, 'muster.db'));
  try {
    return what(database);
  } finally {
    database.close();
  }
}

const namesIn = (dataDir: string): string[] =>
  read(dataDir, (database) =>
    database.prepare<[], { name: string }>('SELECT name FROM schema_migrations ORDER BY name').all(),
  ).map(({ name }) => name);

const integrityOf = (dataDir: string): string =>
  read(dataDir, (database) => String(database.pragma('integrity_check', { simple: true })));
