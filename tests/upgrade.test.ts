import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { sql } from 'kysely';
import { pino } from 'pino';
import { systemClock } from '../server/platform/clock.ts';
import { copyBeforeMigration } from '../server/platform/db/copy-before-migration.ts';
import { migrate } from '../server/platform/db/migrate.ts';
import { openDatabase } from '../server/platform/db/open.ts';
import { spine } from '../server/schema/migrations/0001_spine.ts';
import { migrations } from '../server/schema/migrations/all.ts';
import type { Tables } from '../server/schema/schema.ts';
import { startServer } from '../server/server.ts';
import { readServerSettings } from '../server/settings.ts';
import { firstLedger } from './support/first-ledger.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'muster-upgrade-'));
});
afterEach(async () => {
  await chmod(dataDir, 0o700);
  await rm(dataDir, { recursive: true, force: true });
});

/** A database of the first version, with an execution in every state. */
async function firstVersion(): Promise<void> {
  const db = await openDatabase<Tables>({ dataDir });
  await migrate(db, [spine], () => 1);
  await db.write(async (writer) => {
    for (const { table, row } of firstLedger()) {
      const columns = sql.join(Object.keys(row).map((column) => sql.ref(column)));
      await sql`INSERT INTO ${sql.table(table)} (${columns}) VALUES (${sql.join(Object.values(row))})`.execute(writer);
    }
  });
  await db.close();
}

async function start() {
  const env = { MUSTER_DATA_DIR: dataDir, MUSTER_PLUGINS_DIR: dataDir, MUSTER_PORT: '0', MUSTER_ADMIN_TOKEN: 'a'.repeat(40) };
  const { values: settings } = await readServerSettings({ flags: {}, env, cwd: dataDir });
  return startServer({ settings, clock: systemClock, log: pino({ level: 'silent' }), validateResponses: true });
}

describe('a database of the first version', () => {
  test('is brought to the newest at a start, is whole, and the one from before is kept', async () => {
    await firstVersion();
    const server = await start();
    try {
      const get = async (path: string): Promise<{ items: { id: string; state: string; logRemovedAt: null }[] }> => {
        const answer = await fetch(`${server.url}/api/v1/${path}`, { headers: { authorization: `Bearer ${'a'.repeat(40)}` } });
        expect([path, answer.status]).toEqual([path, 200]);
        return (await answer.json()) as never;
      };
      const { items } = await get('executions?limit=100');
      const executions = firstLedger().filter(({ table }) => table === 'executions');
      expect(items.map(({ id }) => id).sort()).toEqual(executions.map(({ row }) => row.id).sort());
      expect(items.every(({ logRemovedAt }) => logRemovedAt === null)).toBe(true);
      for (const { id, state } of items) {
        expect((await get(`executions?state=${state}&limit=100`)).items.map((one) => one.id)).toContain(id);
        await get(`executions/${id}`);
        await get(`executions/${id}/log`);
      }
      for (const { id } of (await get('runs')).items) await get(`runs/${id}/folded`);
      for (const { id } of (await get('tasks')).items) await get(`tasks/${id}`);
      for (const { id } of (await get('agents')).items) await get(`agents/${id}`);
      await get('audit');
    } finally {
      await server.stop();
    }
    const copy = new BetterSqlite3(join(dataDir, `muster.db.before-${migrations[1]?.name}`), { readonly: true });
    expect(copy.prepare('SELECT name FROM schema_migrations').pluck().all()).toEqual([spine.name]);
    copy.close();
  });

  test('is whole after a kill in the middle of every migration', async () => {
    await firstVersion();
    const program = `
      const at = (path) => import(new URL(path, ${JSON.stringify(import.meta.url)}).href);
      const { openDatabase } = await at('../server/platform/db/open.ts');
      const { migrate } = await at('../server/platform/db/migrate.ts');
      const { migrations } = await at('../server/schema/migrations/all.ts');
      const left = { count: Number(process.argv[2]) };
      // asked for between the statements of a migration and its commit
      const now = () => (left.count-- === 0 ? process.kill(process.pid, 'SIGKILL') : 1);
      await migrate(await openDatabase({ dataDir: process.argv[1] }), migrations, now);`;
    for (let kill = 0; kill < migrations.length - 1; kill += 1) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program, dataDir, '0'], { stdio: 'inherit' });
      expect(await once(child, 'close')).toEqual([null, 'SIGKILL']);
      const db = await openDatabase<Tables>({ dataDir });
      const names = sql<{ name: string }>`SELECT name FROM schema_migrations ORDER BY name`;
      expect((await names.execute(db.read)).rows).toHaveLength(kill + 1);
      // one further migration, and the next child dies in the one after it
      await migrate(db, migrations.slice(0, kill + 2), () => 1);
      expect(
        (await sql<{ found: string }>`SELECT integrity_check AS found FROM pragma_integrity_check`.execute(db.read)).rows,
      ).toEqual([{ found: 'ok' }]);
      await db.close();
    }
  });

  test('is not begun with on a disk that is too small for it', async () => {
    await firstVersion();
    const port = await openDatabase<Tables>({ dataDir });
    const before = (name: string) =>
      copyBeforeMigration(name, { dataDir, port, freeBytes: () => 1024 ** 2, tell: () => undefined });
    await expect(migrate(port, migrations, () => 1, before)).rejects.toMatchObject({
      code: 'disk_full',
      message: expect.stringMatching(/should have 3\d MiB of space and has 1 MiB.*Nothing was changed/),
    });
    await port.close();
    expect((await readdir(dataDir)).filter((name) => name.includes('before'))).toEqual([]);
  });
});

describe('is refused with a sentence, and left as it was:', () => {
  const db = (): string => join(dataDir, 'muster.db');
  const refusal = async (): Promise<string> => {
    const error = await start().then(
      async (server) => {
        await server.stop();
        return new Error('it started');
      },
      (found: Error) => found,
    );
    expect(error).toMatchObject({ name: 'MusterError' });
    return error.message;
  };

  test('a file that is no database', async () => {
    await writeFile(db(), 'this is a shopping list\n'.repeat(100));
    expect(await refusal()).toMatch(/damaged, or is no database of Muster.*muster restore/);
    expect((await stat(db())).size).toBe(2400);
  });

  test('a database that was cut off', async () => {
    await firstVersion();
    await truncate(db(), 20_000);
    expect(await refusal()).toMatch(/damaged.*muster restore FILE --force/);
    expect((await stat(db())).size).toBe(20_000);
  });

  test('a log without its database', async () => {
    await writeFile(`${db()}-wal`, 'x'.repeat(5000));
    expect(await refusal()).toMatch(/is missing. Put the database back/);
    expect((await stat(`${db()}-wal`)).size).toBe(5000);
  });

  test('a database of another program', async () => {
    const other = new BetterSqlite3(db());
    other.exec('CREATE TABLE songs (id INTEGER)');
    other.close();
    expect(await refusal()).toMatch(/not one of Muster: it has the tables songs/);
  });

  test('a folder in which a restore was not finished', async () => {
    await mkdir(join(dataDir, 'restoring'));
    expect(await refusal()).toMatch(/was not finished. Run `muster restore` once more/);
  });
});
