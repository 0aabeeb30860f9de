import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json } from '../../shared/json.ts';
import { type BundledPlugin, createBundledPlugin } from '../../tests/support/bundled-plugin.ts';
import { type DatabaseServer, mariadbProgram, startMariadb } from '../../tests/support/database-server.ts';
import { eventually } from '../../tests/support/eventually.ts';

const hasMariadb = mariadbProgram() !== undefined;
const why = hasMariadb ? '' : ' (skipped: MariaDB is not installed, apt-get install mariadb-server-core mariadb-client-core)';

let sql: BundledPlugin;
let server: DatabaseServer;

beforeAll(async () => {
  sql = createBundledPlugin(import.meta.dirname);
  if (!hasMariadb) return;
  server = await startMariadb();
  const made = await execute({
    statements: [
      { sql: 'CREATE TABLE host (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) UNIQUE) ENGINE=InnoDB' },
      { sql: "INSERT INTO host (name) VALUES ('web1'), ('db1')" },
    ],
  });
  expect(made.message).toBe('2 statements, 2 rows affected.');
});
afterAll(async () => {
  await sql.close();
  await server?.stop();
});

const target = () => ({ url: `mariadb://tester@127.0.0.1:${server.port}/shop`, password: server.password });
const query = (text: string, more: object = {}) => sql.run({ ...target(), sql: text, ...more } as Json, 'query');
const execute = (args: object) => sql.run({ ...target(), ...args } as Json, 'execute');
const rowsOf = async (text: string) => {
  const { data, message } = await query(text);
  return (data as { rows: Json } | null)?.rows ?? message;
};
const activity = "SELECT count(*) AS n FROM information_schema.processlist WHERE info LIKE '%SLEEP(6%' AND id <> connection_id()";
const areGone = async () => JSON.stringify(await rowsOf(activity)) === '[{"n":0}]';

(hasMariadb ? describe : describe.skip)(`sql with MariaDB${why}`, () => {
  it('gives rows as data and as a table', async () => {
    const { outcome, message, data, log } = await query('SELECT id, name FROM host ORDER BY id');
    expect([outcome, message, log]).toEqual(['succeeded', '2 rows.', 'id  name\n--  ----\n 1  web1\n 2  db1\n']);
    expect(data).toMatchObject({
      columns: ['id', 'name'],
      rows: [
        { id: 1, name: 'web1' },
        { id: 2, name: 'db1' },
      ],
      cut: false,
    });
  });

  it('binds parameters by position and by name', async () => {
    const hostile = "x'; DROP TABLE host; -- \\";
    const { data, message } = await query('SELECT ? AS a, ? + 1 AS b, ? AS c, HEX(?) AS d, ? AS e FROM host LIMIT ?', {
      params: [hostile, 41, null, { base64: 'AP8=' }, { x: [1] }, 1],
    });
    expect([message, data]).toMatchObject(['1 row.', { rows: [{ a: hostile, b: 42, c: null, d: '00FF', e: '{"x":[1]}' }] }]);
    const named = await query("SELECT :a AS a, ':a' AS b, 'it\\'s :a' AS c, CONCAT(:a, :b) AS d, 5--:b AS e # :z", {
      params: { a: 'A', b: 2 },
    });
    expect([named.message, named.data]).toMatchObject(['1 row.', { rows: [{ a: 'A', b: ':a', c: "it's :a", d: 'A2', e: 7 }] }]);
  });

  it.each([
    ['as they are', []],
    ['in a prepared statement', [1]],
  ])('maps its types to JSON, %s', async (_how, params) => {
    const { data, message } = await query(
      `SELECT CAST(9007199254740993 AS UNSIGNED) AS large, CAST(7 AS SIGNED) AS small, CAST(0.1 AS DECIMAL(20,10)) AS exact, 1.5e0 AS half,
        TIMESTAMP'2026-01-05 12:00:00.123456' AS wall, FROM_UNIXTIME(0) AS epoch, DATE'2026-01-05' AS day, TIME'25:00:00' AS span, x'00ff' AS bytes,
        NULL AS none, 'ä' AS text FROM host WHERE id = ${params.length === 0 ? 1 : '?'}`,
      { params },
    );
    expect([message, data]).toMatchObject([
      '1 row.',
      {
        rows: [
          {
            large: '9007199254740993',
            small: 7,
            exact: '0.1000000000',
            half: 1.5,
            wall: '2026-01-05T12:00:00.123456',
            epoch: '1970-01-01T00:00:00',
            day: '2026-01-05',
            span: '25:00:00',
            bytes: { base64: 'AP8=' },
            none: null,
            text: 'ä',
          },
        ],
      },
    ]);
  });

  it('tells a moment from what a wall clock shows', async () => {
    await execute({ sql: 'CREATE TABLE times (moment TIMESTAMP(3) NULL, wall DATETIME)' });
    await execute({ sql: 'INSERT INTO times VALUES (:t, :t)', params: { t: '2026-01-05 12:00:00' } });
    expect(await rowsOf('SELECT * FROM times')).toEqual([{ moment: '2026-01-05T12:00:00.000Z', wall: '2026-01-05T12:00:00' }]);
  });

  it('changes nothing in a query, unless it is told to', async () => {
    expect((await query('DELETE FROM host')).message).toMatch(
      /^MySQL: Cannot execute statement in a READ ONLY transaction: .*`readOnly` off.*\(1792, 25006\)\.$/,
    );
    expect((await query("UPDATE host SET name = 'db2' WHERE id = 2", { readOnly: false })).message).toBe(
      '0 rows, 1 row affected.',
    );
  });

  it('changes all or nothing', async () => {
    const failing = { statements: [{ sql: 'DELETE FROM host' }, { sql: 'SELECT * FROM nowhere WHERE id = ?', params: [1] }] };
    expect((await execute(failing)).message).toBe(
      "Statement 2 of 2: MySQL: Table 'shop.nowhere' doesn't exist (1146, 42S02). The transaction was rolled back.",
    );
    expect(await rowsOf('SELECT count(*) AS n FROM host')).toEqual([{ n: 2 }]);
    const added = await execute({ sql: 'INSERT INTO host (name) VALUES (?)', params: ['web3'] });
    expect(added.data).toMatchObject({ affected: 1, results: [{ affected: 1, insertId: expect.any(Number) }] });
    expect((await execute({ sql: 'SELECT 1; SELECT 2' })).message).toMatch(/You have an error in your SQL syntax/);
  });

  it('cuts a large answer off on the server', async () => {
    const { message, data } = await query('SELECT seq AS i FROM seq_1_to_100000000', { maxRows: 2 });
    expect(message).toBe('2 rows of more: cut at 2 rows (`maxRows`).');
    expect(data).toMatchObject({ rows: [{ i: 1 }, { i: 2 }], cut: true });
  });

  it('ends a statement on the server when its time is up, and when it is cancelled', async () => {
    const slow = await query('SELECT SLEEP(61), id FROM host', { timeoutSeconds: 0.3 });
    expect([slow.outcome, slow.message]).toEqual(['failed', 'The statement was ended after 0.3 s (`timeoutSeconds`).']);
    await eventually('the statement has ended', areGone);
    const started = sql.start({ ...target(), sql: 'SELECT SLEEP(60)' } as Json, 'execute');
    await eventually('the statement runs', async () => !(await areGone()));
    started.stop('cancel', 5);
    expect((await started.finished).outcome).toBe('cancelled');
    await eventually('the statement has ended', areGone);
  });

  it('says what is wrong with a connection, and never the password', async () => {
    const wrong = await query('SELECT 1', { password: 'hunter22' });
    expect(wrong.message).toMatch(
      /^Could not open MySQL shop at 127\.0\.0\.1:\d+: Access denied for user 'tester'.*\(1045, 28000\)\.$/,
    );
    expect(`${wrong.all}${wrong.message}`).not.toContain('hunter22');
    expect((await query('SELECT 1 AS n', { host: server.socket })).data).toMatchObject({ rows: [{ n: 1 }] });
  });
});
