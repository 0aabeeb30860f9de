import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { canonicalJson } from '../../shared/json.ts';
import type { SignedEntry } from '../../shared/plugin-bundle.ts';
import { eventually } from '../../tests/support/eventually.ts';
import { type FakeConnection, noop, offerOf, textOfBundle } from '../../tests/support/fake-server.ts';
import { type AgentBench, openAgentBench } from '../../tests/support/test-agent.ts';
import type { RunningAgent } from '../main.ts';

const greeting = {
  manifest: { name: 'greet', version: '2.0.0', entry: 'lib/main.js' },
  files: { 'lib/main.js': '// hi\n', 'lib/data/x.txt': 'ä' },
};

describe('the plugins of an agent', () => {
  let bench: AgentBench;
  let entry: SignedEntry;
  let agent: RunningAgent;
  let server: FakeConnection;

  beforeEach(async () => {
    bench = await openAgentBench();
    entry = bench.server.publish(noop);
    agent = await bench.start();
    server = await bench.server.welcomed();
  });
  afterEach(() => bench.close());

  const folders = (): string[] =>
    readdirSync(join(bench.dir, 'plugins'))
      .filter((name) => name !== 'catalogue.json')
      .sort();
  const folderOf = ({ name, sha256 }: SignedEntry): string => `${name}@${sha256}`;
  const fileOf = (of: SignedEntry, path: string): string => join(bench.dir, 'plugins', folderOf(of), 'files', path);

  async function heldSoon(...entries: SignedEntry[]): Promise<void> {
    const expected = JSON.stringify(entries.map(({ name, sha256 }) => ({ name, sha256 })));
    while (JSON.stringify((await server.next('plugins_held')).held) !== expected);
  }

  it('are fetched before they are needed, and told', async () => {
    await heldSoon(entry);
    const second = bench.server.publish(greeting);
    server.send({ type: 'plugins', plugins: bench.server.catalogue() });
    await heldSoon(entry, second);
    expect(readFileSync(fileOf(second, 'lib/data/x.txt'), 'utf8')).toBe('ä');
    expect(folders()).toEqual([folderOf(second), folderOf(entry)]);
    expect(bench.server.fetches.get(second.sha256)).toBe(1);
  });

  it('are fetched once, however many offers need them at the same time', async () => {
    const second = bench.server.publish(greeting);
    server.send(
      { type: 'plugins', plugins: bench.server.catalogue() },
      ...[1, 2, 3].map((n) => offerOf(second, { execution: `exe_${n}` })),
    );
    for (let n = 0; n < 3; n += 1) await server.next('accept');
    expect(bench.server.fetches.get(second.sha256)).toBe(1);
    server.send({ type: 'start', execution: 'exe_1', attempt: 1 });
    const job = await bench.executor.nextJob();
    expect(job.manifest.name).toBe('greet');
    expect(readFileSync(join(job.bundleDir, 'lib/main.js'), 'utf8')).toBe('// hi\n');
  });

  it('go when the catalogue does not name them any more, unless one runs', async () => {
    server.send(offerOf(entry));
    await server.next('accept');
    server.send({ type: 'start', execution: 'exe_1', attempt: 1 });
    const job = await bench.executor.nextJob();
    bench.server.unpublish(entry);
    const second = bench.server.publish(greeting);
    server.send({ type: 'plugins', plugins: bench.server.catalogue() });
    await heldSoon(second);
    expect(folders()).toEqual([folderOf(second), folderOf(entry)]);
    job.end();
    await server.next('result');
    server.send({ type: 'ack', execution: 'exe_1', attempt: 1 });
    server.send({ type: 'plugins', plugins: bench.server.catalogue() });
    await eventually('the unused bundle is gone', () => folders().length === 1);
  });

  it('are known by a catalogue that a server does not send again, also after a restart', async () => {
    const digest = createHash('sha256').update(bench.server.catalogue().text).digest('hex');
    expect(server.hello.catalogue).toBeUndefined();
    await heldSoon(entry);
    server.cut();
    server = await bench.server.welcomed({ plugins: undefined });
    expect(server.hello.catalogue).toBe(digest);
    await agent.stop();
    rmSync(join(bench.dir, 'plugins', folderOf(entry)), { recursive: true });
    agent = await bench.start();
    server = await bench.server.welcomed({ plugins: undefined });
    expect(server.hello.catalogue).toBe(digest);
    // what is missing is fetched all the same
    await heldSoon(entry);
    server.send(offerOf(entry));
    expect(await server.next('accept')).toMatchObject({ attempt: 1 });
  });

  it('run only if the signed catalogue names them', async () => {
    server.send(offerOf({ ...entry, sha256: 'a'.repeat(64) }));
    expect(await server.next('result')).toMatchObject({ outcome: 'rejected', reason: 'plugin_unknown' });
    server.send(offerOf({ ...entry, name: 'other' }, { execution: 'exe_2' }));
    expect(await server.next('result')).toMatchObject({ outcome: 'rejected', reason: 'plugin_unknown' });
  });

  it('are not taken from a catalogue that the server did not sign, nor from an older one', async () => {
    const older = bench.server.catalogue();
    const forged = { text: older.text.replace('"generation":2', '"generation":9'), signature: older.signature };
    bench.server.unpublish(entry);
    const second = bench.server.publish(greeting);
    server.send(
      { type: 'plugins', plugins: bench.server.catalogue() },
      { type: 'plugins', plugins: forged },
      { type: 'plugins', plugins: older },
    );
    server.send(offerOf(entry));
    expect(await server.next('result')).toMatchObject({ outcome: 'rejected', reason: 'plugin_unknown' });
    // also not after a restart
    await agent.stop();
    agent = await bench.start();
    server = await bench.server.welcomed({ plugins: older });
    server.send(offerOf(entry, { execution: 'exe_2' }), offerOf(second, { execution: 'exe_3' }));
    expect(await server.next('result')).toMatchObject({ execution: 'exe_2', reason: 'plugin_unknown' });
    expect(await server.next('accept')).toMatchObject({ execution: 'exe_3' });
  });

  it('are refused when the download is not what was signed, and the offer may come again', async () => {
    const second = bench.server.publish(greeting);
    const right = textOfBundle(greeting);
    bench.server.serve(second.sha256, right.replace('"2.0.0"', '"6.6.6"'));
    server.send({ type: 'plugins', plugins: bench.server.catalogue() }, offerOf(second));
    expect(await server.next('decline')).toMatchObject({
      reason: 'plugin_unavailable',
      message: expect.stringContaining('SHA-256'),
    });
    expect(folders()).not.toContain(folderOf(second));
    bench.server.serve(second.sha256, `${right} `);
    server.send(offerOf(second, { execution: 'exe_2' }));
    expect(await server.next('decline')).toMatchObject({ reason: 'plugin_unavailable' });
    bench.server.serve(second.sha256, right);
    server.send(offerOf(second, { execution: 'exe_3' }));
    expect(await server.next('accept')).toMatchObject({ execution: 'exe_3' });
  });

  it.each([
    ['changed', (path: string) => writeFileSync(path, 'evil()\n')],
    ['removed', (path: string) => rmSync(path)],
  ])('are refused once when a file was %s on the host, and fetched anew', async (_how, tamper) => {
    server.send(offerOf(entry, { execution: 'exe_0' }));
    await server.next('accept');
    tamper(fileOf(entry, 'noop.js'));
    server.send(offerOf(entry));
    expect(await server.next('result')).toMatchObject({ outcome: 'rejected', reason: 'plugin_tampered' });
    server.send(offerOf(entry, { execution: 'exe_2' }));
    expect(await server.next('accept')).toMatchObject({ execution: 'exe_2' });
    expect(readFileSync(fileOf(entry, 'noop.js'), 'utf8')).toBe(noop.files['noop.js']);
  });

  it('are proved again after a restart, and cleared of what does not belong to them', async () => {
    await heldSoon(entry);
    await agent.stop();
    writeFileSync(fileOf(entry, 'noop.js'), 'evil()\n');
    agent = await bench.start();
    server = await bench.server.welcomed();
    server.send(offerOf(entry));
    expect(await server.next('result')).toMatchObject({ outcome: 'rejected', reason: 'plugin_tampered' });
    server.send(offerOf(entry, { execution: 'exe_2' }));
    await server.next('accept');
    await agent.stop();
    writeFileSync(fileOf(entry, 'planted.js'), 'evil()\n');
    agent = await bench.start();
    server = await bench.server.welcomed();
    server.send(offerOf(entry, { execution: 'exe_3' }));
    await server.next('accept');
    expect(readdirSync(join(bench.dir, 'plugins', folderOf(entry), 'files'))).toEqual(['noop.js']);
  });

  it('are not looked for behind a link, where files that are not theirs would be removed', async () => {
    await heldSoon(entry);
    await agent.stop();
    const elsewhere = join(bench.dir, 'elsewhere');
    mkdirSync(elsewhere);
    for (const name of ['noop.js', 'precious.txt']) writeFileSync(join(elsewhere, name), noop.files['noop.js'] ?? '');
    rmSync(fileOf(entry, ''), { recursive: true });
    symlinkSync(elsewhere, join(bench.dir, 'plugins', folderOf(entry), 'files'), 'dir');
    agent = await bench.start();
    server = await bench.server.welcomed();
    server.send(offerOf(entry));
    expect(await server.next('result')).toMatchObject({ outcome: 'rejected', reason: 'plugin_tampered' });
    expect(readdirSync(elsewhere).sort()).toEqual(['noop.js', 'precious.txt']);
  });

  it('are declined while they cannot be fetched', async () => {
    const second = bench.server.publish(greeting);
    server.send({ type: 'plugins', plugins: bench.server.catalogue() });
    await heldSoon(entry, second);
    const catalogue = JSON.parse(bench.server.catalogue().text);
    const text = canonicalJson({
      ...catalogue,
      generation: 99,
      plugins: [...catalogue.plugins, { ...entry, name: 'ghost', sha256: 'b'.repeat(64) }],
    });
    server.send({ type: 'plugins', plugins: { text, signature: bench.server.sign(text) } });
    server.send(offerOf({ ...entry, name: 'ghost', sha256: 'b'.repeat(64) }));
    expect(await server.next('decline')).toMatchObject({ reason: 'plugin_unavailable', message: expect.stringContaining('404') });
  });
});
