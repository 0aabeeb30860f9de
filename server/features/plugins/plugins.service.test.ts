import { createPublicKey, verify } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { someAdmin } from '../../../tests/support/auth.ts';
import { eventually } from '../../../tests/support/eventually.ts';
import { base64, manifestText, readCatalogue, startPlugins, type TestPlugins } from '../../../tests/support/plugins.ts';

let test: TestPlugins;
afterEach(() => test.dispose());

const python = (value: number): string => `def main(): return ${value}\n`;
const pushed = (name: string, value: number) => ({ file: { name: `${name}.py`, base64: base64(python(value)) } });
const catalogueNow = () => readCatalogue(test.plugins.signedCatalogue());
const shaOf = (name: string): string => test.plugins.current(name)?.sha256 ?? '';

describe('the catalogue', () => {
  it('names the current bundles and is signed by the server', async () => {
    test = await startPlugins(async (write) => {
      await write('a.py', python(1));
      await write('b/plugin.json', manifestText('b'));
      await write('b/index.js', 'export const main = () => 1;');
    });
    const { text, signature } = test.plugins.signedCatalogue();
    const key = createPublicKey({ key: Buffer.from(test.identity.publicKey, 'base64'), format: 'der', type: 'spki' });
    expect(verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'))).toBe(true);
    expect(catalogueNow()).toMatchObject({
      plugins: [
        { name: 'a', version: '0.0.0', sha256: shaOf('a') },
        { name: 'b', version: '1.0.0', sha256: shaOf('b') },
      ],
      kept: [],
    });
    expect((await test.connect(await test.join('web01'))).welcome.plugins).toEqual({ text, signature });
  });

  it('has a number that grows with every change and with nothing else, also over a restart', async () => {
    test = await startPlugins((write) => write('a.py', python(1)));
    const first = catalogueNow().generation;
    await test.plugins.put('b', pushed('b', 1), someAdmin);
    expect(catalogueNow().generation).toBe(first + 1);
    await test.plugins.put('b', pushed('b', 1), someAdmin);
    expect(catalogueNow().generation).toBe(first + 1);
    const restarted = await startPlugins((write) => write('a.py', python(1)), {
      database: test.database,
      identity: test.identity,
    });
    try {
      expect(restarted.plugins.signedCatalogue()).toEqual(test.plugins.signedCatalogue());
      await restarted.plugins.remove('b', someAdmin);
      expect(readCatalogue(restarted.plugins.signedCatalogue()).generation).toBe(first + 2);
    } finally {
      await restarted.dispose();
    }
  });

  it('keeps what open runs use, and what was just replaced', async () => {
    test = await startPlugins();
    const hashes: string[] = [];
    for (const value of [1, 2, 3]) {
      await test.plugins.put('p', pushed('p', value), someAdmin);
      hashes.push(shaOf('p'));
      if (value === 1) test.open.push(shaOf('p'));
    }
    expect(
      catalogueNow()
        .kept.map(({ sha256 }) => sha256)
        .sort(),
    ).toEqual([hashes[0], hashes[1]].sort());
    await test.plugins.remove('p', someAdmin);
    expect(catalogueNow()).toMatchObject({ plugins: [], kept: { length: 2 } });
    expect(test.plugins.current('p')).toBeUndefined();
    expect(test.plugins.byHash(hashes[0] ?? '')?.manifest.name).toBe('p');
    test.open.length = 0;
    await test.plugins.put('q', pushed('q', 1), someAdmin);
    expect(catalogueNow().kept).toEqual([]);
  });

  it('reaches every connected agent when it changes, as does an event', async () => {
    test = await startPlugins();
    const clients = await Promise.all(['one', 'two'].map(async (name) => test.connect(await test.join(name))));
    await test.plugins.put('p', pushed('p', 1), someAdmin);
    for (const client of clients) expect((await client.next('plugins')).plugins).toEqual(test.plugins.signedCatalogue());
    expect(test.emitted).toContainEqual(['plugin.changed', 'p']);
  });
});

describe('the plugins folder', () => {
  it('is followed: new, edited and removed plugins reach the agents', async () => {
    test = await startPlugins();
    const client = await test.connect(await test.join('web01'));
    await test.write('p.py', python(1));
    await client.next('plugins', ({ plugins }) => readCatalogue(plugins).plugins.length === 1);
    const first = shaOf('p');
    await test.write('p.py', python(22));
    await client.next('plugins', ({ plugins }) => readCatalogue(plugins).plugins[0]?.sha256 !== first);
    await test.write('deep/plugin.json', manifestText('deep'));
    await test.write('deep/index.js', 'x');
    await client.next('plugins', ({ plugins }) => readCatalogue(plugins).plugins.length === 2);
    await rm(join(test.dir, 'deep'), { recursive: true });
    await rename(join(test.dir, 'p.py'), join(test.dir, 'q.py'));
    await client.next(
      'plugins',
      ({ plugins }) =>
        readCatalogue(plugins)
          .plugins.map(({ name }) => name)
          .join() === 'q',
    );
  });

  it('that is broken leaves the plugin as it was, and tells why', async () => {
    test = await startPlugins(async (write) => {
      await write('p/plugin.json', manifestText('p'));
      await write('p/index.js', 'x');
    });
    const before = shaOf('p');
    await test.write('p/plugin.json', '{');
    await eventually('the problem is seen', () => test.plugins.problems().length === 1);
    expect(test.plugins.problems()[0]).toMatchObject({ path: 'p', message: expect.stringContaining('not valid JSON') });
    expect(shaOf('p')).toBe(before);
    expect(test.logText()).toContain('plugin not loaded: plugin.json is not valid JSON');
    await test.write('p/plugin.json', manifestText('p', { version: '1.0.1' }));
    await eventually('the new version is there', () => test.plugins.current('p')?.version === '1.0.1');
    expect(test.plugins.problems()).toEqual([]);
  });

  it('that disappears as a whole takes nothing with it, and is followed again when it is back', async () => {
    test = await startPlugins((write) => write('p.py', python(1)));
    await rename(test.dir, `${test.dir}-away`);
    await eventually('it is missed', () => test.plugins.problems().length === 1);
    expect(test.plugins.current('p')).toBeDefined();
    await rename(`${test.dir}-away`, test.dir);
    await eventually('it is back', () => test.plugins.problems().length === 0);
    await test.write('q.py', python(1));
    await eventually('it is followed', () => test.plugins.current('q') !== undefined);
  });

  it('is hidden by a pushed plugin of the same name until that one is deleted', async () => {
    test = await startPlugins((write) => write('p.py', python(1)));
    const own = shaOf('p');
    await expect(test.plugins.remove('p', someAdmin)).rejects.toMatchObject({ code: 'state_conflict' });
    await test.plugins.put('p', pushed('p', 2), someAdmin);
    const theirs = shaOf('p');
    await test.write('other.py', python(1));
    await eventually('the folder was read', () => test.plugins.current('other') !== undefined);
    expect([shaOf('p'), test.plugins.current('p')?.source]).toEqual([theirs, 'pushed']);
    expect(test.plugins.problems()).toMatchObject([{ name: 'p', message: expect.stringContaining('was pushed') }]);
    await test.plugins.remove('p', someAdmin);
    expect([shaOf('p'), test.plugins.current('p')?.source]).toEqual([own, 'folder']);
    expect(test.plugins.problems()).toEqual([]);
  });
});

describe('calls', () => {
  it('are checked against plugin, action and arguments', async () => {
    const args = { type: 'object', properties: { host: { type: 'string' } }, required: ['host'] };
    test = await startPlugins(async (write) => {
      await write('p/plugin.json', manifestText('p', { actions: { main: { args }, free: {} } }));
      await write('p/index.js', 'x');
    });
    const { checkCall } = test.plugins;
    expect(checkCall('p', 'main', { host: 'a' })).toMatchObject({ name: 'p', sha256: shaOf('p'), source: 'folder' });
    expect(checkCall('p', 'free', [1, 2]).name).toBe('p');
    const code = (name: string, details: object) =>
      expect.objectContaining({ code: name, details: expect.objectContaining(details) });
    expect(() => checkCall('q', 'main', {})).toThrow(code('plugin_unknown', { field: 'plugin' }));
    expect(() => checkCall('p', 'constructor', {})).toThrow(code('action_unknown', { field: 'action' }));
    expect(() => checkCall('p', 'main', {})).toThrow(code('args_invalid', { field: 'args.host' }));
    await test.write('p/plugin.json', manifestText('p', { actions: { main: { args: { type: 'array' } } } }));
    await eventually('the new schema counts', () => test.plugins.current('p')?.manifest.actions.free === undefined);
    expect(checkCall('p', 'main', []).name).toBe('p');
  });
});

describe('what agents hold', () => {
  it('is what they said last, of the bundles that the server knows', async () => {
    test = await startPlugins((write) => write('p.py', python(1)));
    const first = shaOf('p');
    const [one, two] = [await test.join('one'), await test.join('two')];
    const [client, other] = [await test.connect(one), await test.connect(two)];
    const strange = { name: 'p', sha256: 'f'.repeat(64) };
    for (const each of [client, other])
      each.send({ type: 'plugins_held', held: [{ name: 'p', sha256: first }, strange, { name: 'x', sha256: first }] });
    await eventually('both are counted', async () => (await test.plugins.list())[0]?.heldBy === 2);
    const holder = { state: 'current', held: [{ version: '0.0.0', sha256: first }] };
    expect((await test.plugins.drift('p', { limit: 10 })).items).toMatchObject([
      { agentName: 'two', ...holder },
      { agentName: 'one', ...holder },
    ]);
    expect((await test.agents.detail(one.id)).plugins).toEqual([{ name: 'p', sha256: first, current: true }]);
    await test.plugins.put('p', pushed('p', 2), someAdmin);
    expect((await test.agents.detail(one.id)).plugins).toEqual([{ name: 'p', sha256: first, current: false }]);
    expect(await test.plugins.driftCounts('p')).toEqual({ current: 0, outdated: 2, missing: 0, not_for_it: 0 });
    client.send({ type: 'plugins_held', held: [{ name: 'p', sha256: shaOf('p') }] });
    await eventually('the new one is counted', async () => (await test.plugins.list())[0]?.heldBy === 1);
    expect((await test.plugins.detail('p')).heldBy).toBe(1);
    client.close();
    await eventually('it is gone', () => test.agents.get(one.id)?.connected === false);
    await test.agents.remove(one.id, someAdmin);
    expect((await test.plugins.list())[0]?.heldBy).toBe(0);
  });
});

describe('earlier versions', () => {
  it('are kept, the newest twenty of them and those in use', async () => {
    test = await startPlugins();
    await test.plugins.put('p', pushed('p', 0), someAdmin);
    const oldest = shaOf('p');
    test.open.push(oldest);
    for (let value = 1; value <= 25; value += 1) {
      await test.clock.advance(1000);
      await test.plugins.put('p', pushed('p', value), someAdmin);
    }
    const { versions } = await test.plugins.detail('p');
    expect(versions).toHaveLength(22);
    expect(versions[0]).toMatchObject({ sha256: shaOf('p'), current: true, createdBy: someAdmin.name });
    expect(versions.at(-1)).toMatchObject({ sha256: oldest, current: false });
    expect(await test.db.read.selectFrom('plugin_bundles').select('sha256').execute()).toHaveLength(22);
  });

  it('stay for as long as a task holds one, and agents trust it then', async () => {
    test = await startPlugins();
    await test.plugins.put('p', pushed('p', 0), someAdmin);
    const held = shaOf('p');
    const isTrusted = (): boolean => test.plugins.signedCatalogue().text.includes(held);
    await test.plugins.put('p', pushed('p', 1), someAdmin);
    await test.plugins.put('p', pushed('p', 2), someAdmin);
    expect(isTrusted()).toBe(false);
    await test.plugins.hold(test.plugins.checkCall('p', 'main', [], held.slice(0, 12)).sha256);
    expect(isTrusted()).toBe(true);
    for (let value = 3; value <= 30; value += 1) {
      await test.clock.advance(1000);
      await test.plugins.put('p', pushed('p', value), someAdmin);
    }
    expect(isTrusted()).toBe(true);
    expect((await test.plugins.history.version('p', held.slice(0, 12))).sha256).toBe(held);
  });

  it('are let go again when no task came to hold one', async () => {
    test = await startPlugins();
    await test.plugins.put('p', pushed('p', 0), someAdmin);
    const held = shaOf('p');
    await test.plugins.put('p', pushed('p', 1), someAdmin);
    await test.plugins.hold(held);
    await test.clock.advance(11 * 60_000);
    for (let value = 2; value <= 30; value += 1) {
      await test.clock.advance(1000);
      await test.plugins.put('p', pushed('p', value), someAdmin);
    }
    expect(test.plugins.signedCatalogue().text).not.toContain(held);
    expect((await test.plugins.history.versions('p')).map(({ sha256 }) => sha256)).not.toContain(held);
  });

  it('are one again what counts, which the audit tells', async () => {
    test = await startPlugins();
    await test.plugins.put('p', pushed('p', 0), someAdmin);
    const first = shaOf('p');
    await test.clock.advance(1000);
    await test.plugins.put('p', pushed('p', 1), someAdmin);
    await test.plugins.rollback('p', first.slice(0, 12), someAdmin);
    expect(shaOf('p')).toBe(first);
    expect((await test.plugins.detail('p')).versions.map(({ current }) => current)).toEqual([false, true]);
    const actions = await test.db.read.selectFrom('audit').select('action').where('subject', '=', 'p').orderBy('id').execute();
    expect(actions.map(({ action }) => action)).toEqual(['plugin.pushed', 'plugin.pushed', 'plugin.rolled_back']);
  });
});
