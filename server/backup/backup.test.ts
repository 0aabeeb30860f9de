import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { openTestDatabase, type TestDatabase } from '../../tests/support/database.ts';
import { firstLedger } from '../../tests/support/first-ledger.ts';
import { migrations } from '../schema/migrations/all.ts';
import { makeBackup } from './make-backup.ts';
import { type RestoreOrder, restoreBackup } from './restore-backup.ts';
import { readRestoredMark } from './restored-mark.ts';

const now = () => Date.UTC(2026, 0, 5, 12);

let folder: string;
let database: TestDatabase;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-backup-'));
  file = join(folder, 'b.db');
  database = await openTestDatabase(folder);
  await database.db.write(async (writer) => {
    for (const { table, row } of firstLedger())
      await writer
        .insertInto(table as 'tasks')
        .values(row as never)
        .execute();
  });
  await writeFile(join(database.dataDir, 'server.key'), 'the key');
  await writeFile(join(database.dataDir, 'muster.json'), '{}');
});
afterEach(async () => {
  await database.dispose();
  await rm(folder, { recursive: true, force: true });
});

const backup = (to = file) => makeBackup({ dataDir: database.dataDir, file: to, version: '1.2.3', now });
const restore = (order: Partial<RestoreOrder> = {}) =>
  restoreBackup({ file, dataDir: join(folder, 'new'), occupied: 'refuse', since: 'may-have-worked', migrations, now, ...order });

test('what is restored is what was backed up, and says that the world may have gone on', async () => {
  expect(backup()).toMatchObject({
    version: '1.2.3',
    schema: migrations.at(-1)?.name,
    counts: { agents: 1, executions: 13, log_chunks: 13 },
    files: ['server.key', 'muster.json'],
  });
  const report = await restore();
  expect(report).toMatchObject({ files: ['server.key', 'muster.json'], setAside: null, open: expect.any(Number) });
  const restored = join(folder, 'new');
  expect((await readdir(restored)).filter((name) => !name.startsWith('muster.lock')).sort()).toEqual([
    'muster.db',
    'muster.json',
    'restored.json',
    'server.key',
  ]);
  expect(await readFile(join(restored, 'server.key'), 'utf8')).toBe('the key');
  expect((await stat(join(restored, 'server.key'))).mode & 0o777).toBe(0o600);
  expect(readRestoredMark(restored)).toEqual({ backupMadeAt: now(), restoredAt: now() });
  const copy = new BetterSqlite3(join(restored, 'muster.db'), { readonly: true });
  const table = (name: string) => copy.prepare(`SELECT * FROM ${name} ORDER BY 1`).all();
  expect(table('executions')).toEqual(await database.db.read.selectFrom('executions').selectAll().orderBy('id').execute());
  expect(copy.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'muster_backup%'").all()).toEqual([]);
  copy.close();
});

test('a folder that is set aside is kept whole, under another name', async () => {
  backup();
  const dataDir = join(folder, 'old');
  await mkdir(dataDir);
  await writeFile(join(dataDir, 'note'), 'mine');
  await expect(restore({ dataDir })).rejects.toMatchObject({ message: expect.stringContaining('is not empty (note)') });
  expect(await readdir(dataDir)).toEqual(['note']);
  const { setAside } = await restore({ dataDir, occupied: 'set-aside' });
  expect(setAside).toBe(`${dataDir}.before-restore-20260105T120000Z`);
  expect(await readFile(join(setAside ?? '', 'note'), 'utf8')).toBe('mine');
});

test('a folder in use is refused, even to be set aside', async () => {
  backup();
  await expect(restore({ dataDir: database.dataDir, occupied: 'set-aside' })).rejects.toMatchObject({
    message: expect.stringContaining(`in use by the process ${process.pid}`),
  });
});

test.each([
  ['that is cut off', () => truncate(file, 50_000), /damaged|malformed/],
  ['that is no database', () => writeFile(file, 'a list\n'.repeat(300)), /no backup of Muster, or is damaged/],
  [
    'that is a database, but no backup',
    async () => {
      await rm(file);
      const other = new BetterSqlite3(file);
      other.exec('CREATE TABLE songs (id INTEGER)');
      other.close();
    },
    /is no backup of Muster/,
  ],
  ['that is not there', () => rm(file), /cannot be opened/],
  [
    'of a newer version',
    async () => {
      const newer = new BetterSqlite3(file);
      newer.exec("INSERT INTO schema_migrations (name, applied_at, checksum) VALUES ('9999_later', 1, 'x')");
      newer.close();
    },
    /The backup .* was written by a newer version.*9999_later/,
  ],
])('a file %s is refused with a sentence, and nothing is made of it', async (_what, spoil, words) => {
  backup();
  await spoil();
  await expect(restore()).rejects.toMatchObject({ name: 'MusterError', message: expect.stringMatching(words) });
  expect(await readdir(folder)).not.toContain('new');
});

test('a backup of an older version is taken: the next start brings it up to date', async () => {
  backup();
  const older = new BetterSqlite3(file);
  older.prepare('DELETE FROM schema_migrations WHERE name <> ?').run(migrations[0]?.name);
  older.close();
  expect(await restore()).toMatchObject({ files: ['server.key', 'muster.json'] });
});

test('a folder without a database, and a place that is not there, are told by name', () => {
  expect(() => makeBackup({ dataDir: folder, file, version: '1', now })).toThrow(/there is no muster.db in it/);
  expect(() => backup(join(folder, 'nowhere', 'b.db'))).toThrow(/There is no folder .*nowhere/);
});
