import { afterEach, expect, it } from '@jest/globals';
import { openTestDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import type { AgentConnection } from '../../platform/gateway/connection.ts';
import { insertAgent } from '../agents/agents.store.ts';
import { pluginsOfAgent } from './held-plugins.store.ts';
import { createHoldings } from './holdings.ts';
import { pluginMessages } from './plugins.messages.ts';
import type { PluginView } from './plugins.ts';

let database: TestDatabase;
afterEach(() => database.dispose());

const connection = { agentId: 'agt_1' } as AgentConnection;
const agent = {
  id: 'agt_1', name: 'web01', public_key: '', tags: '[]', os: '', arch: '', version: '', slots: 1, facts: '{}', runtimes: '{}',
  metrics: null, enrolled_at: 0, last_seen_at: null, revoked_at: null, life_id: null, executable: null,
  other_protocol: null, duplicate: null,
} as const; // biome-ignore format: a row
const bundle = (name: string) => ({ name, sha256: name.repeat(64) });
const [a, b, c] = [bundle('a'), bundle('b'), bundle('c')];

it('writes what an agent holds when it is not known already, in the order in which it is told', async () => {
  database = await openTestDatabase();
  const { db } = database;
  await db.write((writer) => insertAgent(writer, agent));
  let writes = 0;
  const holdings = createHoldings();
  const { plugins_held: heard } = pluginMessages({
    db: { ...db, write: (work) => { writes += 1; return db.write(work); } }, // biome-ignore format: one line
    shelf: { byHash: (sha256: string) => ({ name: sha256[0] }) as PluginView },
    holdings,
  });
  const tell = async (...held: { name: string; sha256: string }[]): Promise<void> =>
    heard?.(connection, { type: 'plugins_held', held });
  const rows = async (): Promise<string[]> => (await pluginsOfAgent(db.read, 'agt_1')).map(({ name }) => name);

  await tell(a, b);
  await tell(b, a);
  expect([writes, await rows()]).toEqual([1, ['a', 'b']]);
  // the second says what the memory holds, while the first is not written yet
  await Promise.all([tell(a, b, c), tell(a, b)]);
  expect([writes, await rows(), holdings.count(c.sha256)]).toEqual([3, ['a', 'b'], 0]);
});
