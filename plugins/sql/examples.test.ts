import { mkdirSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import type { Json } from '../../shared/json.ts';
import { type BundledPlugin, createBundledPlugin } from '../../tests/support/bundled-plugin.ts';
import {
  type DatabaseServer,
  mariadbProgram,
  postgresPrograms,
  startMariadb,
  startPostgres,
} from '../../tests/support/database-server.ts';

const hasServers = postgresPrograms() !== undefined && mariadbProgram() !== undefined;
const folder = `/tmp/muster-examples-sql-${process.pid}`;
const orders = [
  { sql: 'CREATE TABLE orders (id INT PRIMARY KEY, state VARCHAR(20), total INT)' },
  { sql: "INSERT INTO orders VALUES (1, 'open', 10), (2, 'late', 20)" },
];

let sql: BundledPlugin;
let servers: readonly DatabaseServer[] = [];

beforeAll(async () => {
  sql = createBundledPlugin(import.meta.dirname);
  if (hasServers) servers = [await startPostgres(), await startMariadb()];
}, 60_000);
afterAll(async () => {
  await sql.close();
  for (const server of servers) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The servers and the folder of this test, in place of those that the examples show. */
function here(example: Json): Json {
  const [postgres, mariadb] = servers;
  const { url = '', engine, host: _host, user: _user, ...others } = example as Record<string, Json>;
  if (String(url).startsWith('sqlite')) return { ...others, url: `sqlite:${folder}/stock.db` };
  if (String(url).startsWith('postgres'))
    return { ...others, url: `postgres://postgres@127.0.0.1:${postgres?.port}/postgres`, password: postgres?.password ?? '' };
  const address = `${url === '' ? String(engine) : 'mysql'}://tester@127.0.0.1:${mariadb?.port}/shop`;
  return { ...others, url: address, password: mariadb?.password ?? '' };
}

describe('the examples of sql', () => {
  (hasServers ? it : it.skip)('do what they say (needs PostgreSQL and MariaDB)', async () => {
    mkdirSync(folder);
    const prepared = [
      { url: 'sqlite:', create: true, sql: 'CREATE TABLE stock (name TEXT PRIMARY KEY, amount INTEGER)' },
      { url: 'postgres:', statements: orders },
      { url: 'mysql:', statements: orders },
    ];
    for (const one of prepared) {
      const { outcome, message } = await sql.run(here(one as unknown as Json), 'execute');
      if (outcome !== 'succeeded') throw new Error(message);
    }
    await sql.runExamples(here);
  });
});
