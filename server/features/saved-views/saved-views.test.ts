import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SavedView } from '../../../shared/api/saved-views.ts';
import { type ServerInProcess, startServerInProcess } from '../../../tests/support/server-in-process.ts';
import { mostViews } from './saved-views.service.ts';

let server: ServerInProcess;
const path = '/api/v1/saved-views';
const failed = { list: 'executions', name: 'Failed lately', query: 'state=failed&since=24h' };

beforeEach(async () => {
  server = await startServerInProcess({});
});
afterEach(() => server.stop());

async function person(
  name: string,
  role: string,
): Promise<(method: string, path: string, body?: unknown) => Promise<{ status: number; json: unknown }>> {
  const { token } = await server.api.post<{ token: string }>('/api/v1/tokens', { name, role });
  return async (method, to, body) => {
    const answer = await fetch(server.url + to, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, json: answer.status === 204 ? null : await answer.json() };
  };
}
const namesOf = async (send: Awaited<ReturnType<typeof person>>): Promise<string[]> =>
  ((await send('GET', `${path}?list=executions`)).json as { items: SavedView[] }).items.map(({ name }) => name);

describe('a saved view', () => {
  it('is seen by its owner alone, unless it is shared', async () => {
    const ann = await person('ann', 'viewer');
    const ben = await person('ben', 'viewer');
    expect((await ann('POST', path, failed)).status).toBe(201);
    expect((await ann('POST', path, { ...failed, name: 'For all', shared: true })).status).toBe(201);
    expect(await namesOf(ann)).toEqual(['Failed lately', 'For all']);
    expect(await namesOf(ben)).toEqual(['For all']);
  });

  it('of the same name is replaced', async () => {
    const ann = await person('ann', 'viewer');
    const first = (await ann('POST', path, failed)).json as SavedView;
    const again = (await ann('POST', path, { ...failed, query: 'state=lost' })).json as SavedView;
    expect(again).toMatchObject({ id: first.id, query: 'state=lost' });
    expect(await namesOf(ann)).toEqual(['Failed lately']);
  });

  it('is removed by its owner or an administrator, and nobody else learns of one that is not shared', async () => {
    const ann = await person('ann', 'viewer');
    const ben = await person('ben', 'author');
    const own = (await ann('POST', path, failed)).json as SavedView;
    const shared = (await ann('POST', path, { ...failed, name: 'For all', shared: true })).json as SavedView;
    expect((await ben('DELETE', `${path}/${own.id}`)).status).toBe(404);
    expect(await ben('DELETE', `${path}/${shared.id}`)).toMatchObject({
      status: 403,
      json: { detail: expect.stringContaining('belongs to') },
    });
    expect((await ann('DELETE', `${path}/${own.id}`)).status).toBe(204);
    expect((await server.api.send('DELETE', `${path}/${shared.id}`)).status).toBe(204);
    expect(await namesOf(ann)).toEqual([]);
    const { items } = await server.api.get<{ items: { action: string }[] }>('/api/v1/audit?limit=50');
    expect(items.filter(({ action }) => action.startsWith('view.')).map(({ action }) => action)).toEqual([
      'view.removed',
      'view.removed',
      'view.saved',
      'view.saved',
    ]);
  });

  it('needs a name and a filter, and there are so many at most', async () => {
    const ann = await person('ann', 'viewer');
    expect((await ann('POST', path, { ...failed, name: '  ' })).status).toBe(422);
    for (const query of ['', 'state=failed#x', 'text=a b', 'text=ü', 'state=failed\r\nx: y'])
      expect([query, (await ann('POST', path, { ...failed, query })).status]).toEqual([query, 422]);
    for (let n = 0; n < mostViews; n += 1) await ann('POST', path, { ...failed, name: `v${n}` });
    expect(await ann('POST', path, { ...failed, name: 'one more' })).toMatchObject({
      status: 409,
      json: { detail: expect.stringContaining('remove one first') },
    });
  });
});
