import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Json } from '../../shared/json.ts';
import { type BundledPlugin, createBundledPlugin } from '../../tests/support/bundled-plugin.ts';
import { eventually } from '../../tests/support/eventually.ts';

let sql: BundledPlugin;
let folder: string;
let file: string;

beforeAll(() => {
  sql = createBundledPlugin(import.meta.dirname);
  folder = mkdtempSync(join(tmpdir(), 'muster-sqlite-'));
});
afterAll(async () => {
  await sql.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  file = join(folder, `${Math.random()}`.slice(2));
  const database = new DatabaseSync(file);
  database.exec("CREATE TABLE host (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO host VALUES (1, 'web1'), (2, 'db1')");
  database.close();
});

const query = (text: string, more: object = {}) =>
  sql.run({ engine: 'sqlite', database: file, sql: text, ...more } as Json, 'query');
const execute = (args: object) => sql.run({ engine: 'sqlite', database: file, ...args } as Json, 'execute');
const rowsOf = async (text: string) => ((await query(text)).data as { rows: Json }).rows;

/** Counts for hours: only its end can end it. */
const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n WHERE i < 1e15';

describe('sql with SQLite', () => {
  it('gives rows as data and as a table', async () => {
    const { outcome, message, data, log, err } = await query('SELECT id, name, NULL AS note FROM host ORDER BY id');
    expect([outcome, message]).toEqual(['succeeded', '2 rows.']);
    expect(data).toEqual({
      columns: ['id', 'name', 'note'],
      rows: [
        { id: 1, name: 'web1', note: null },
        { id: 2, name: 'db1', note: null },
      ],
      cut: false,
      milliseconds: expect.any(Number),
    });
    expect(log).toBe('id  name  note\n--  ----  ----\n 1  web1  NULL\n 2  db1   NULL\n');
    expect(err).toBe('');
  });

  it('binds parameters by position and by name, as what they are', async () => {
    const types = 'SELECT typeof(?) AS a, typeof(?) AS b, typeof(?) AS c, typeof(?) AS d, typeof(?) AS e, hex(?) AS f';
    const { data } = await query(types, { params: [1, 1.5, 'x', null, true, { base64: 'AP8=' }] });
    expect(data).toMatchObject({ rows: [{ a: 'integer', b: 'real', c: 'text', d: 'null', e: 'integer', f: '00FF' }] });
    const hostile = "x'; DROP TABLE host; --";
    const named = await query("SELECT :a AS a, ':a' AS text, :a || :b AS both -- :c", { params: { a: hostile, b: 2 } });
    expect(named.data).toMatchObject({ rows: [{ a: hostile, text: ':a', both: `${hostile}2` }] });
    expect(await rowsOf('SELECT count(*) AS n FROM host')).toEqual([{ n: 2 }]);
  });

  it.each([
    ['SELECT ?, ?', [1], 'The statement has 2 placeholders (?), but `params` has 1 values.'],
    ['SELECT 1', [1], 'The statement has 0 placeholders (?), but `params` has 1 values.'],
    ['SELECT :a', [1], 'The statement has 0 placeholders (?), but `params` has 1 values. For :name, give `params` as an object.'],
    ['SELECT :a, :b', { a: 1 }, 'The statement names :b, which `params` does not have.'],
    ['SELECT :a', { a: 1, c: 2 }, '`params` has c, which the statement does not name (as :c).'],
    ['SELECT 1; DELETE FROM host', [], 'There is more than one statement in the text: give them one by one.'],
    ['SELECT none FROM host', [], 'SQLite: no such column: none.'],
    ['DELETE FROM host', [], /attempt to write a readonly database: a statement that changes something needs `readOnly` off/],
  ])('refuses %s with %j', async (text, params, message) => {
    const end = await query(text, { params });
    expect([end.outcome, end.message]).toEqual([
      'failed',
      typeof message === 'string' ? message : expect.stringMatching(message),
    ]);
  });

  it('maps what JSON does not have', async () => {
    const { data, log } = await query(
      "SELECT 9007199254740993 AS large, 9007199254740991 AS safe, x'00ff' AS bytes, 9e999 AS endless, 'ä\n' AS text, 1 AS text",
    );
    expect(data).toMatchObject({
      columns: ['large', 'safe', 'bytes', 'endless', 'text', 'text_2'],
      rows: [
        {
          large: '9007199254740993',
          safe: 9007199254740991,
          bytes: { base64: 'AP8=' },
          endless: 'Infinity',
          text: 'ä\n',
          text_2: 1,
        },
      ],
    });
    expect(log).toContain('<2 bytes>  Infinity  ä\\n');
  });

  it('says when rows were cut, by number or by size', async () => {
    const numbers = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n';
    const cut = await query(numbers, { maxRows: 3 });
    expect(cut.message).toBe('3 rows of more: cut at 3 rows (`maxRows`).');
    expect(cut.data).toMatchObject({ rows: [{ i: 1 }, { i: 2 }, { i: 3 }], cut: true });
    const wide = await query(`${numbers.replace('SELECT i FROM n', 'SELECT i, hex(zeroblob(50000)) AS x FROM n')}`);
    expect(wide.message).toBe('7 rows of more: cut after 7 rows, as a result holds 768 KiB.');
  });

  it('changes all or nothing', async () => {
    const both = await execute({
      statements: [
        { sql: 'INSERT INTO host (name) VALUES (?)', params: ['web2'] },
        { sql: 'UPDATE host SET name = upper(name) WHERE id > :from RETURNING id', params: { from: 1 } },
      ],
    });
    expect([both.outcome, both.message]).toEqual(['succeeded', '2 statements, 3 rows affected.']);
    expect(both.data).toMatchObject({
      affected: 3,
      results: [
        { affected: 1, insertId: 3 },
        { affected: 2, rows: [{ id: 2 }, { id: 3 }], cut: false },
      ],
    });
    const failing = { statements: [{ sql: 'DELETE FROM host' }, { sql: "INSERT INTO host VALUES (1, 'a'), (1, 'b')" }] };
    expect((await execute(failing)).message).toBe(
      'Statement 2 of 2: SQLite: UNIQUE constraint failed: host.id. The transaction was rolled back.',
    );
    expect(await rowsOf('SELECT count(*) AS n FROM host')).toEqual([{ n: 3 }]);
    expect((await execute({ ...failing, transaction: false })).message).toMatch(/What came before it \(1 statement\) stands\.$/);
    expect(await rowsOf('SELECT count(*) AS n FROM host')).toEqual([{ n: 0 }]);
  });

  it('makes no database by a slip of the pen', async () => {
    const gone = join(folder, 'wrong name?.db');
    expect((await query('SELECT 1', { database: gone })).message).toMatch(
      /^Could not open .*wrong name\?\.db: .*the file is not there/,
    );
    expect((await execute({ database: gone, sql: 'SELECT 1' })).message).toMatch(/the file is not there/);
    expect(existsSync(gone)).toBe(false);
    expect((await execute({ database: gone, create: true, sql: 'CREATE TABLE a (b)' })).outcome).toBe('succeeded');
    expect((await execute({ database: gone, sql: 'INSERT INTO a VALUES (1)' })).message).toBe('1 statement, 1 row affected.');
    writeFileSync(gone, 'this is no database, but a text of some length that is longer than a header has to be'.repeat(9));
    expect((await query('SELECT 1', { database: gone })).message).toMatch(
      /file is not a database: the file is something else\.$/,
    );
  });

  it('ends a statement that takes too long, and serves the next one', async () => {
    const end = await query(endless, { timeoutSeconds: 0.3 });
    expect([end.outcome, end.message]).toEqual(['failed', 'The statement was ended after 0.3 s (`timeoutSeconds`).']);
    expect(await rowsOf('SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });

  it('is cancelled in the middle of a statement, which leaves the database as it was', async () => {
    const started = sql.start(
      { engine: 'sqlite', database: file, statements: [{ sql: 'DELETE FROM host' }, { sql: endless }] } as Json,
      'execute',
    );
    await eventually('the first statement is done', () => started.heard.log.includes('Statement 1 of 2'));
    started.stop('cancel', 5);
    expect((await started.finished).outcome).toBe('cancelled');
    expect(await rowsOf('SELECT count(*) AS n FROM host')).toEqual([{ n: 2 }]);
  });

  it('waits for a lock of somebody else, and says so when it was in vain', async () => {
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const end = await execute({ sql: 'DELETE FROM host', timeoutSeconds: 4 });
    other.close();
    expect(end.message).toMatch(/database is locked: another program holds it; it was waited for/);
  });
});
