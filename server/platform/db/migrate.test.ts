import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { migrate } from './migrate.ts';
import type { Migration } from './migrations.ts';
import { openDatabase } from './open.ts';
import type { DatabasePort } from './port.ts';

type Tables = { schema_migrations: { name: string; applied_at: number }; thing: { id: number }; part: { id: number } };

const first: Migration = {
  name: '0001_thing',
  statements: ['CREATE TABLE thing (id BIGINT PRIMARY KEY)', 'INSERT INTO thing VALUES (1)'],
};
const second: Migration = { name: '0002_part', statements: ['CREATE TABLE part (id BIGINT PRIMARY KEY)'] };
const now = () => 1234;

let dataDir: string;
let db: DatabasePort<Tables>;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'muster-migrate-'));
  db = await openDatabase<Tables>({ dataDir });
});
afterEach(async () => {
  await db.close();
  await rm(dataDir, { recursive: true, force: true });
});

const applied = async () =>
  (await db.read.selectFrom('schema_migrations').select('name').orderBy('name').execute()).map(({ name }) => name);

test('applies what is missing, once, in order, and says what it applied', async () => {
  expect(await migrate(db, [first], now)).toEqual(['0001_thing']);
  expect(await migrate(db, [first, second], now)).toEqual(['0002_part']);
  expect(await migrate(db, [first, second], now)).toEqual([]);
  expect(await db.read.selectFrom('schema_migrations').select(['name', 'applied_at']).execute()).toEqual([
    { name: '0001_thing', applied_at: 1234 },
    { name: '0002_part', applied_at: 1234 },
  ]);
  expect(await db.read.selectFrom('part').selectAll().execute()).toEqual([]);
});

test('leaves nothing of a migration that fails, and keeps those before it', async () => {
  const broken: Migration = {
    name: '0002_broken',
    statements: ['CREATE TABLE part (id BIGINT PRIMARY KEY)', 'INSERT INTO nowhere VALUES (1)'],
  };
  await expect(migrate(db, [first, broken], now)).rejects.toThrow(/nowhere/);
  expect(await applied()).toEqual(['0001_thing']);
  await expect(sql`SELECT * FROM part`.execute(db.read)).rejects.toThrow();
  expect(await migrate(db, [first, second], now)).toEqual(['0002_part']);
});

test('refuses a database of a newer version, naming what it does not know', async () => {
  await migrate(db, [first, second], now);
  await expect(migrate(db, [first], now)).rejects.toMatchObject({
    code: 'state_conflict',
    message: expect.stringMatching(/newer version.*0002_part/),
  });
});

test('refuses a database in which a migration was applied in another form, and changes nothing', async () => {
  await migrate(db, [first], now);
  const edited = { ...first, statements: [...first.statements, 'INSERT INTO thing VALUES (2)'] };
  await expect(migrate(db, [edited, second], now)).rejects.toMatchObject({
    message: expect.stringContaining('0001_thing was applied'),
  });
  expect(await applied()).toEqual(['0001_thing']);
});

test('refuses a database that lacks an earlier migration than its last', async () => {
  await migrate(db, [second], now);
  await expect(migrate(db, [first, second], now)).rejects.toMatchObject({
    message: expect.stringContaining('0001_thing is missing'),
  });
});
