import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { describePort } from '../contract/port.contract.ts';
import { createScratch, type ScratchTables } from '../contract/scratch.ts';
import { openDatabase } from '../open.ts';
import type { DatabasePort } from '../port.ts';

const makeFolder = () => mkdtemp(join(tmpdir(), 'muster-sqlite-'));

describePort('SQLite', async () => {
  const dataDir = await makeFolder();
  return { options: { dataDir }, remove: () => rm(dataDir, { recursive: true, force: true }) };
});

describe('SQLite', () => {
  let dataDir: string;
  let db: DatabasePort<ScratchTables>;

  beforeEach(async () => {
    dataDir = await makeFolder();
    db = await openDatabase<ScratchTables>({ dataDir });
    await execute(createScratch);
  });

  afterEach(async () => {
    await db.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const execute = (...statements: string[]) =>
    db.write(async (transaction) => {
      for (const statement of statements) await sql.raw(statement).execute(transaction);
    });
  const insert = (id: number, text = '') =>
    db.write((transaction) => transaction.insertInto('scratch').values({ id, text }).execute());
  const ids = async () => (await db.read.selectFrom('scratch').select('id').orderBy('id').execute()).map(({ id }) => id);
  const pragma = async (name: string) => {
    const { rows } = await db.write((transaction) => sql.raw<Record<string, unknown>>(`PRAGMA ${name}`).execute(transaction));
    return Object.values(rows[0] ?? {})[0];
  };

  test('commits to the disk, not only to the operating system, and checks references', async () => {
    expect(await pragma('journal_mode')).toBe('wal');
    expect(await pragma('synchronous')).toBe(2);
    expect(await pragma('foreign_keys')).toBe(1);
  });

  test('keeps its file to its owner', async () => {
    expect((await stat(join(dataDir, 'muster.db'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(dataDir, 'muster.db-wal'))).mode & 0o777).toBe(0o600);
  });

  test('leaves one complete file behind when it closes', async () => {
    await insert(1);
    await db.close();
    expect(existsSync(join(dataDir, 'muster.db-wal'))).toBe(false);
    expect(existsSync(join(dataDir, 'muster.db-shm'))).toBe(false);
  });

  test('rejects the whole group when its COMMIT fails, and goes on', async () => {
    await execute(
      'CREATE TABLE child (id BIGINT PRIMARY KEY, parent BIGINT NOT NULL REFERENCES scratch(id) DEFERRABLE INITIALLY DEFERRED)',
    );
    const results = await Promise.allSettled([insert(1), execute('INSERT INTO child VALUES (1, 99)'), insert(2)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await ids()).toEqual([]);
    await insert(3);
    expect(await ids()).toEqual([3]);
  });

  test('says `disk_full` when the database cannot grow, and goes on when it can', async () => {
    await execute('PRAGMA max_page_count = 20');
    await expect(insert(1, 'x'.repeat(1_000_000))).rejects.toMatchObject({ code: 'disk_full' });
    await insert(2);
    await execute('PRAGMA max_page_count = 100000');
    await insert(3, 'x'.repeat(1_000_000));
    expect(await ids()).toEqual([2, 3]);
  });

  test('runs the later units of a group in a new one when the database has ended the transaction', async () => {
    const results = await Promise.allSettled([insert(1), execute('ROLLBACK'), insert(2)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(await ids()).toEqual([2]);
  });

  test('rejects a unit that waits for another one instead of hanging for ever', async () => {
    const results = await Promise.allSettled([
      insert(1),
      db.write(async (transaction) => {
        await transaction.insertInto('scratch').values({ id: 2, text: '' }).execute();
        await insert(3);
      }),
      insert(4),
    ]);
    expect(results[1]).toMatchObject({
      reason: { message: expect.stringContaining('awaited something other than its own queries') },
    });
    await insert(5);
    expect(await ids()).toEqual([1, 3, 4, 5]);
  });

  test('gives the counts of changed rows', async () => {
    await insert(1);
    const [result] = await db.write((transaction) => transaction.deleteFrom('scratch').where('id', '=', 1).execute());
    expect(result?.numDeletedRows).toBe(1n);
  });
});
