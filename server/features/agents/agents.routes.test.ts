import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startAgents, type TestAgents } from '../../../tests/support/agents.ts';
import { checkRoutes } from '../../platform/http/check-routes.ts';
import { createAgentsRoutes } from './agents.routes.ts';

let test: TestAgents;
const ids: string[] = [];

beforeAll(async () => {
  test = await startAgents({ pluginsHeldBy: async () => [{ name: 'shell', sha256: 'a'.repeat(64), current: true }] });
  for (const name of ['a', 'b', 'c', 'd', 'e']) ids.push((await test.join(name, { tags: [name < 'c' ? 'early' : 'late'] })).id);
});
afterAll(() => test.dispose());

type Body = { items: { id: string; name: string }[]; next: string | null } & Record<string, unknown>;
const get = async (path: string): Promise<{ status: number; body: Body }> => {
  const response = await test.call('GET', path, { as: 'viewer' });
  return { status: response.status, body: (await response.json()) as Body };
};
const names = (body: Body): string[] => body.items.map((agent) => agent.name);

describe('the agents of the API', () => {
  it('are declared well', () => expect(checkRoutes(createAgentsRoutes(test.agents))).toEqual([]));

  it('are listed newest first, page by page', async () => {
    const first = (await get('/api/v1/agents?limit=2')).body;
    const second = (await get(`/api/v1/agents?limit=2&after=${first.next}`)).body;
    const last = (await get(`/api/v1/agents?limit=2&after=${second.next}`)).body;
    expect([names(first), names(second), names(last), last.next]).toEqual([['e', 'd'], ['c', 'b'], ['a'], null]);
    expect(names((await get('/clients?limit=1')).body)).toEqual(['e']);
  });

  it('are filtered by status and by target', async () => {
    expect(names((await get('/api/v1/agents?target=tag:early')).body)).toEqual(['b', 'a']);
    expect(names((await get(`/api/v1/agents?target=tag:early&limit=1&after=${ids[1]}`)).body)).toEqual(['a']);
    expect(names((await get('/api/v1/agents?status=Online')).body)).toEqual([]);
    expect(names((await get('/api/v1/agents?status=Offline')).body)).toHaveLength(5);
    expect((await get('/api/v1/agents?target=(')).body).toMatchObject({ code: 'owner_syntax', field: 'target', column: 2 });
    expect((await get('/api/v1/agents?after=x')).body).toMatchObject({ code: 'cursor_invalid' });
  });

  it('are shown one by one, with the plugins on their disks', async () => {
    expect((await get(`/api/v1/agents/${ids[0]}`)).body).toMatchObject({
      name: 'a',
      plugins: [{ name: 'shell', current: true }],
      lastSeenAt: null,
    });
    expect((await get('/api/v1/agents/agt_nobody')).status).toBe(404);
  });

  it('are patched, revoked and removed by those who may', async () => {
    expect((await test.call('PATCH', `/api/v1/agents/${ids[4]}`, { as: 'author', body: { tags: [] } })).status).toBe(403);
    const patched = await test.call('PATCH', `/api/v1/agents/${ids[4]}`, { as: 'admin', body: { name: 'last' } });
    expect(await patched.json()).toMatchObject({ name: 'last', tags: ['late'] });
    expect((await test.call('PATCH', `/api/v1/agents/${ids[4]}`, { as: 'admin', body: { name: 'ALL' } })).status).toBe(422);
    const revoked = await test.call('POST', `/api/v1/agents/${ids[4]}/revoke`, { as: 'admin' });
    expect(await revoked.json()).toMatchObject({ status: 'Revoked' });
    expect((await test.call('DELETE', `/api/v1/agents/${ids[4]}`, { as: 'admin' })).status).toBe(204);
    expect((await test.call('DELETE', `/api/v1/agents/${ids[4]}`, { as: 'admin' })).status).toBe(404);
  });

  it('are counted as a filter is typed, half a name too, and a mistake has its column', async () => {
    expect((await get('/api/v1/agents/count?target=tag:early')).body).toEqual({
      matched: 2,
      total: 4,
      byStatus: { Online: 0, Idle: 0, Offline: 2, Revoked: 0 },
    });
    expect((await get('/api/v1/agents/count')).body).toMatchObject({ matched: 4 });
    expect((await get('/api/v1/agents/count?target=nobody')).body).toMatchObject({ matched: 0 });
    expect(await get('/api/v1/agents/count?target=tag:early%20%26')).toMatchObject({
      status: 422,
      body: { code: 'owner_syntax', field: 'target', column: 12 },
    });
  });

  it('are tagged many at once, by those who may, and the audit names each of them', async () => {
    const post = async (body: object, as: 'admin' | 'author' = 'admin') => {
      const response = await test.call('POST', '/api/v1/agents/tags', { as, body });
      return { status: response.status, body: (await response.json()) as Body };
    };
    expect((await post({ target: 'ALL', add: ['x'] }, 'author')).status).toBe(403);
    expect(await post({ target: 'tag:early', add: ['env=prod', 'early'], remove: ['nothing'] })).toEqual({
      status: 200,
      body: { matched: 2, changed: 2 },
    });
    expect(await post({ agents: [ids[0]], remove: ['env=prod'] })).toMatchObject({ body: { matched: 1, changed: 1 } });
    expect(await post({ agents: [ids[0]], remove: ['env=prod'] })).toMatchObject({ body: { matched: 1, changed: 0 } });
    expect(test.agents.get(ids[0] ?? '')?.tags).toEqual(['early']);
    const row = await test.db.read.selectFrom('agents').select('tags').where('name', '=', 'b').executeTakeFirstOrThrow();
    expect(JSON.parse(row.tags)).toEqual(['early', 'env=prod']);
    const audit = await test.db.read
      .selectFrom('audit')
      .select('detail')
      .where('action', '=', 'agents.tagged')
      .orderBy('id')
      .execute();
    expect(audit.map(({ detail }) => JSON.parse(detail))).toEqual([
      { add: ['env=prod', 'early'], remove: ['nothing'], agents: ['a', 'b'] },
      { add: [], remove: ['env=prod'], agents: ['a'] },
    ]);
  });

  it('are not tagged when a tag is none, nobody is meant, or one would have too many', async () => {
    const codeOf = async (body: object) => {
      const response = await test.call('POST', '/api/v1/agents/tags', { as: 'admin', body });
      return [response.status, ((await response.json()) as Body).code];
    };
    expect(await codeOf({ target: 'ALL', add: ['no tag'] })).toEqual([422, 'field_invalid']);
    expect((await codeOf({ target: 'ALL' }))[0]).toBe(422);
    expect((await codeOf({ add: ['x'] }))[0]).toBe(422);
    expect((await codeOf({ target: 'ALL', add: ['x'], remove: ['x'] }))[0]).toBe(422);
    expect(await codeOf({ agents: ['agt_nobody'], add: ['x'] })).toEqual([404, 'not_found']);
    const many = Array.from({ length: 50 }, (_, index) => `t${index}`);
    expect(await codeOf({ target: 'ALL', add: many })).toEqual([422, 'field_invalid']);
    expect(test.agents.get(ids[0] ?? '')?.tags).toEqual(['early']);
  });

  it('preview what an owner would reach', async () => {
    expect((await get('/api/v1/owners/preview?owner=tag:early')).body).toEqual({
      owner: 'tag:early',
      kind: 'expression',
      matched: 2,
      online: 0,
      ready: 0,
      names: ['a', 'b'],
      held: [{ reason: 'status', text: 'offline', count: 2, names: ['a', 'b'] }],
      others: [{ reason: 'no_match', text: 'tag:early does not hold', count: 2, names: ['c', 'd'] }],
    });
    expect((await get('/api/v1/owners/preview?owner=ALL&platforms=linux,darwin')).status).toBe(200);
    expect((await get('/api/v1/owners/preview?owner=nobody')).body).toMatchObject({ code: 'owner_unknown', field: 'owner' });
  });
});
