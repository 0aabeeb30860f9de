import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json } from '../../shared/json.ts';
import { type BundledPlugin, createBundledPlugin } from '../../tests/support/bundled-plugin.ts';
import { closedUrl } from '../../tests/support/closed-port.ts';
import { type DatabaseServer, postgresPrograms, startPostgres } from '../../tests/support/database-server.ts';
import { eventually } from '../../tests/support/eventually.ts';
import { isOnPath } from '../../tests/support/processes.ts';

const hasPostgres = postgresPrograms() !== undefined;
const hasOpenssl = isOnPath('openssl');
const why = hasPostgres ? '' : ' (skipped: PostgreSQL is not installed, apt-get install postgresql)';

let sql: BundledPlugin;
let server: DatabaseServer;
let certificate: string;

beforeAll(async () => {
  sql = createBundledPlugin(import.meta.dirname);
  if (!hasPostgres) return;
  const tls = hasOpenssl ? selfSigned() : undefined;
  certificate = tls?.cert ?? '';
  server = await startPostgres(tls);
  const made = await execute({
    statements: [
      { sql: 'CREATE TABLE host (id serial PRIMARY KEY, name text UNIQUE, seen timestamptz DEFAULT now())' },
      { sql: "INSERT INTO host (name) VALUES ('web1'), ('db1')" },
    ],
  });
  expect(made.message).toBe('2 statements, 2 rows affected.');
});
afterAll(async () => {
  await sql.close();
  await server?.stop();
});

function selfSigned(): { cert: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'muster-cert-'));
  const [cert, key] = [join(folder, 'cert'), join(folder, 'key')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject], {
    stdio: 'ignore',
  });
  const pair = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  rmSync(folder, { recursive: true });
  return pair;
}

const target = () => ({ url: `postgres://postgres@127.0.0.1:${server.port}/postgres`, password: server.password });
const query = (text: string, more: object = {}) => sql.run({ ...target(), sql: text, ...more } as Json, 'query');
const execute = (args: object) => sql.run({ ...target(), ...args } as Json, 'execute');
const rowsOf = async (text: string) => {
  const { data, message } = await query(text);
  return (data as { rows: Json } | null)?.rows ?? message;
};
const activity = "SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()";
const areGone = async () => JSON.stringify(await rowsOf(activity)) === '[{"n":0}]';

(hasPostgres ? describe : describe.skip)(`sql with PostgreSQL${why}`, () => {
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
    expect((await query('SELECT id FROM host WHERE false')).data).toMatchObject({ columns: ['id'], rows: [] });
  });

  it('binds parameters by position and by name', async () => {
    const hostile = "x'; DROP TABLE host; --";
    const { data, message } = await query(
      'SELECT $1::text AS a, $2::int + 1 AS b, $3::jsonb AS c, $4::bytea AS d, $5::text AS e, 2 = ANY($6::int[]) AS f',
      {
        params: [hostile, 41, { x: [1] }, { base64: 'AP8=' }, null, [1, 2]],
      },
    );
    expect([message, data]).toMatchObject([
      '1 row.',
      { rows: [{ a: hostile, b: 42, c: { x: [1] }, d: { base64: 'AP8=' }, e: null, f: true }] },
    ]);
    const named = await query(
      "SELECT :a::text AS a, ':a' AS b, $$ :a $$ AS c, $x$ :b $x$ AS d, E'\\':a' AS e, :a::text || :b::text AS f /* :z */ -- :y",
      { params: { a: 'A', b: 'B' } },
    );
    expect(named.data).toMatchObject({ rows: [{ a: 'A', b: ':a', c: ' :a ', d: ' :b ', e: "':a", f: 'AB' }] });
    expect((await query('SELECT $2::text', { params: ['a'] })).message).toBe(
      'The statement has 2 placeholders ($1, $2, …), but `params` has 1 values.',
    );
  });

  it('maps its types to JSON', async () => {
    const { data } =
      await query(`SELECT 9007199254740993::bigint AS large, 7::bigint AS small, 0.1::numeric(20,10) AS exact, 'NaN'::float8 AS nan,
      '2026-01-05 12:00:00.123456+02'::timestamptz AS moment, '2026-01-05 12:00:00'::timestamp AS wall, '2026-01-05'::date AS day,
      '{"a": null}'::jsonb AS json, '\\x00ff'::bytea AS bytes, ARRAY[1, 2]::bigint[] AS list, ARRAY['2026-01-05 12:00:00+00'::timestamptz] AS moments,
      '1 day 2 hours'::interval AS span, true AS yes, 'infinity'::timestamptz AS never, '10.0.0.1'::inet AS address`);
    expect(data).toMatchObject({
      rows: [
        {
          large: '9007199254740993',
          small: 7,
          exact: '0.1000000000',
          nan: 'NaN',
          moment: '2026-01-05T10:00:00.123456Z',
          wall: '2026-01-05T12:00:00',
          day: '2026-01-05',
          json: { a: null },
          bytes: { base64: 'AP8=' },
          list: [1, 2],
          moments: ['2026-01-05T12:00:00Z'],
          span: '1 day 02:00:00',
          yes: true,
          never: 'infinity',
          address: '10.0.0.1',
        },
      ],
    });
  });

  it('changes nothing in a query, unless it is told to', async () => {
    expect((await query('DELETE FROM host')).message).toBe(
      'PostgreSQL: cannot execute DELETE in a read-only transaction: a statement that changes something needs `readOnly` off, or the action `execute` (25006).',
    );
    const kept = await query("UPDATE host SET name = 'db2' WHERE id = 2 RETURNING id", { readOnly: false });
    expect([kept.message, kept.data]).toMatchObject(['1 row, 1 row affected.', { rows: [{ id: 2 }], affected: 1 }]);
  });

  it('changes all or nothing', async () => {
    const failing = { statements: [{ sql: 'DELETE FROM host' }, { sql: 'SELECT 1 / :n', params: { n: 0 } }] };
    expect((await execute(failing)).message).toBe(
      'Statement 2 of 2: PostgreSQL: division by zero (22012). The transaction was rolled back.',
    );
    expect(await rowsOf('SELECT count(*) AS n FROM host')).toEqual([{ n: 2 }]);
    expect((await execute({ sql: 'VACUUM host', transaction: false })).message).toBe('1 statement, 0 rows affected.');
    expect((await execute({ sql: 'SELECT 1; SELECT 2' })).message).toMatch(/cannot insert multiple commands/);
    expect((await query('SELEC 1')).message).toBe('PostgreSQL: syntax error at or near "SELEC" (42601, at character 1).');
  });

  it('cuts a large answer off on the server', async () => {
    const start = Date.now();
    const { message, data } = await query(
      'SELECT i, pg_sleep(CASE WHEN i > 100000 THEN 60 ELSE 0 END) FROM generate_series(1, 200000) AS i',
      {
        maxRows: 2,
      },
    );
    expect(message).toBe('2 rows of more: cut at 2 rows (`maxRows`).');
    expect(data).toMatchObject({ rows: [{ i: 1 }, { i: 2 }], cut: true });
    expect(Date.now() - start).toBeLessThan(15_000);
  });

  it('ends a statement on the server when its time is up, and when it is cancelled', async () => {
    const slow = await query('SELECT pg_sleep(60)', { timeoutSeconds: 0.3 });
    expect([slow.outcome, slow.message]).toEqual(['failed', 'The statement was ended after 0.3 s (`timeoutSeconds`).']);
    await eventually('the statement has ended', areGone);
    const started = sql.start({ ...target(), sql: 'SELECT pg_sleep(60)' } as Json, 'execute');
    await eventually('the statement runs', async () => !(await areGone()));
    started.stop('cancel', 5);
    expect((await started.finished).outcome).toBe('cancelled');
    await eventually('the statement has ended', areGone);
  });

  it('says what is wrong with a connection, and never the password', async () => {
    const wrong = await query('SELECT 1', { password: 'hunter22' });
    expect(wrong.message).toMatch(
      /^Could not open PostgreSQL postgres at 127\.0\.0\.1:\d+: password authentication failed for user "postgres" \(28P01\)\.$/,
    );
    const url = (await closedUrl()).replace('http://', 'postgres://a:hunter22@');
    expect((await query('SELECT 1', { url })).message).toMatch(
      /^Could not open PostgreSQL at 127\.0\.0\.1:\d+: connect ECONNREFUSED/,
    );
    const { all } = await query('SELECT 1', { url });
    expect(`${wrong.all}${wrong.message}${all}`).not.toContain('hunter22');
  });

  (hasOpenssl ? it : it.skip)('encrypts, and looks at who answers (needs openssl)', async () => {
    const isEncrypted = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
    const byName = { url: `postgres://postgres@localhost:${server.port}/postgres` };
    expect((await query(isEncrypted)).data).toMatchObject({ rows: [{ ssl: false }] });
    expect((await query(isEncrypted, { tls: 'encrypt' })).data).toMatchObject({ rows: [{ ssl: true }] });
    expect((await query(isEncrypted, { ...byName, ca: certificate })).data).toMatchObject({ rows: [{ ssl: true }] });
    expect((await query(isEncrypted, { ...byName, tls: 'verify' })).message).toMatch(/self-signed certificate/);
    expect((await query(isEncrypted, { ca: certificate })).message).toMatch(
      /does not match certificate|not in the cert's list|Host: localhost/,
    );
  });
});
