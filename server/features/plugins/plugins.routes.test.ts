import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../tests/support/eventually.ts';
import { base64, manifestText, readCatalogue, startPlugins, type TestPlugins } from '../../../tests/support/plugins.ts';
import { checkRoutes } from '../../platform/http/check-routes.ts';
import { createPluginsRoutes } from './plugins.routes.ts';

let test: TestPlugins;
beforeAll(async () => {
  test = await startPlugins((write) => write('folder.py', 'def main(): pass'));
});
afterAll(() => test.dispose());

const put = async (name: string, body: unknown, headers: Record<string, string> = {}, as: 'author' | 'viewer' = 'author') => {
  const response = await test.call('PUT', `/api/v1/plugins/${name}`, { as, body, headers });
  return {
    status: response.status,
    etag: response.headers.get('etag'),
    body: (await response.json()) as Record<string, unknown>,
  };
};
const get = async (path: string) => (await test.call('GET', path, { as: 'viewer' })).json() as Promise<Record<string, never>>;
const file = (name: string, text: string) => ({ file: { name, base64: base64(text) } });

describe('the plugins of the API', () => {
  it('are declared well', () => expect(checkRoutes(createPluginsRoutes(test.plugins))).toEqual([]));

  it('are pushed as one file or as a bundle, and shown with their files', async () => {
    expect(await put('one', file('one.sh', 'echo hello'))).toMatchObject({
      status: 201,
      body: { name: 'one', runtime: 'bash', source: 'pushed' },
    });
    const files = [
      { path: 'plugin.json', base64: base64(manifestText('two', { description: 'Two', actions: { zeta: {}, alpha: {} } })) },
      { path: 'index.js', executable: true, base64: base64('export {}') },
      { path: 'logo.png', base64: Buffer.from([0x89, 0x50, 0, 1]).toString('base64') },
    ];
    const { status, etag, body } = await put('two', { files });
    expect([status, etag]).toEqual([201, `"${body.sha256}"`]);
    const detail = await get('/api/v1/plugins/two');
    expect(Object.keys(detail.actions ?? {})).toEqual(['zeta', 'alpha']);
    expect(detail.files).toMatchObject([
      { path: 'plugin.json', text: expect.stringContaining('"version": "1.0.0"') },
      { path: 'index.js', executable: true, bytes: 9, text: 'export {}' },
      { path: 'logo.png', bytes: 4, text: null },
    ]);
    expect((await get('/api/v1/plugins')).items).toMatchObject([{ name: 'folder' }, { name: 'one' }, { name: 'two' }]);
    expect(await get('/api/v1/plugins?limit=1&after=folder')).toMatchObject({ items: [{ name: 'one' }], next: 'one' });
  });

  it('can be pushed again as they are shown, without becoming new', async () => {
    await put('same', {
      files: [
        { path: 'plugin.json', base64: base64(manifestText('same')) },
        { path: 'index.js', base64: base64('x') },
      ],
    });
    const detail = (await get('/api/v1/plugins/same')) as unknown as {
      sha256: string;
      files: { path: string; executable: boolean; text: string }[];
    };
    const files = detail.files.map(({ path, executable, text }) => ({ path, executable, base64: base64(text) }));
    expect(await put('same', { files })).toMatchObject({ status: 200, body: { sha256: detail.sha256 } });
  });

  it('are replaced only as they were looked at, if the client says so', async () => {
    const first = await put('guarded', file('guarded.py', 'a = 1'));
    expect(await put('guarded', file('guarded.py', 'a = 2'), { 'if-match': first.etag ?? '' })).toMatchObject({ status: 200 });
    expect(await put('guarded', file('guarded.py', 'a = 3'), { 'if-match': first.etag ?? '' })).toMatchObject({
      status: 412,
      body: { code: 'version_conflict' },
    });
  });

  it('are new only if none is there, if the client says so: of two at once, one is', async () => {
    const both = await Promise.all([1, 2].map((n) => put('first', file('first.py', `a = ${n}`), { 'if-none-match': '*' })));
    expect(both.map(({ status }) => status).sort()).toEqual([201, 412]);
    expect((await get('/api/v1/plugins/first')).versions).toHaveLength(1);
  });

  it('of which each version is stored are found by those who look for one that was removed', async () => {
    const { body } = await put('gone', file('gone.py', 'a = 1'));
    await test.call('DELETE', '/api/v1/plugins/gone', { as: 'author' });
    const sha256 = String(body.sha256).slice(0, 12);
    expect(await get('/api/v1/plugins/gone')).toMatchObject({
      code: 'not_found',
      detail: expect.stringContaining(`\`muster plugins rollback gone ${sha256}\` brings the newest back`),
    });
    expect(() => test.plugins.checkCall('gone', 'main', [])).toThrow(/was removed from this server/);
  });

  it.each<[string, string, unknown, string, string]>([
    ['without anything', 'bad', {}, 'field_invalid', 'either `files`'],
    ['with both', 'bad', { ...file('bad.py', ''), files: [{ path: 'a', base64: '' }] }, 'field_invalid', 'either `files`'],
    ['with a file of another name', 'bad', file('good.py', ''), 'plugin_invalid', 'the name of the file is that of the plugin'],
    ['with a path outside', 'bad', { files: [{ path: '../x', base64: '' }] }, 'field_invalid', '..'],
    [
      'with a schema that is none',
      'bad',
      { files: [{ path: 'plugin.json', base64: base64(manifestText('bad', { actions: { main: { args: { type: 'no' } } } })) }] },
      'plugin_invalid',
      'actions.main.args',
    ],
    ['that are too large', 'bad', file('bad.py', 'x'.repeat(16 * 1024 * 1024)), 'plugin_invalid', '20 MiB'],
  ])('are refused %s', async (_, name, body, code, detail) => {
    expect(await put(name, body)).toMatchObject({ status: 422, body: { code, detail: expect.stringContaining(detail) } });
  });

  it('are changed only by those who may', async () => {
    expect(await put('one', file('one.sh', 'rm -rf /'), {}, 'viewer')).toMatchObject({ status: 403 });
    expect((await test.call('DELETE', '/api/v1/plugins/one', { as: 'viewer' })).status).toBe(403);
    expect((await test.call('DELETE', '/api/v1/plugins/one', { as: 'author' })).status).toBe(204);
    expect((await test.call('DELETE', '/api/v1/plugins/one', { as: 'author' })).status).toBe(404);
    expect((await test.call('DELETE', '/api/v1/plugins/folder', { as: 'author' })).status).toBe(409);
    const { items } = await test.audit.list({ limit: 1, action: 'plugin.deleted' });
    expect(items[0]).toMatchObject({ subject: 'one', actor: 'author', address: '127.0.0.1' });
  });
});

describe('the download of bundles', () => {
  const download = (sha256: string, token: string) =>
    fetch(`${test.url}/agent/v1/plugins/${sha256}`, { headers: { authorization: `Bearer ${token}` } });

  it('gives the signed bundle to an agent with an open connection, and to nobody else', async () => {
    const agent = await test.join('web01');
    const client = await test.connect(agent);
    const { downloadToken, plugins } = client.welcome;
    const [entry] = readCatalogue(plugins as NonNullable<typeof plugins>).plugins;
    const response = await download(entry?.sha256 ?? '', downloadToken);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect([response.status, response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([
      200,
      'application/json',
      'private, max-age=31536000, immutable',
    ]);
    expect([createHash('sha256').update(bytes).digest('hex'), bytes.length]).toEqual([entry?.sha256, entry?.bytes]);
    expect((await download('f'.repeat(64), downloadToken)).status).toBe(404);
    expect((await download(entry?.sha256 ?? '', 'guess')).status).toBe(401);
    expect((await fetch(`${test.url}/agent/v1/plugins/${entry?.sha256}`)).status).toBe(401);
    client.close();
    await eventually('it is gone', () => test.agents.get(agent.id)?.connected === false);
    expect((await download(entry?.sha256 ?? '', downloadToken)).status).toBe(401);
  });
});
