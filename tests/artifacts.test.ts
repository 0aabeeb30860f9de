import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Artifact } from '../shared/api/artifacts.ts';
import { cliWith } from './support/cli.ts';
import { eventually } from './support/eventually.ts';
import { type System, startSystem } from './support/system.ts';
import { createVisitor } from './support/visitor.ts';

const plugins = {
  'keep.js': `import { writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
export async function main([bytes], context) {
  writeFileSync(join(context.workspace, 'made'), Buffer.alloc(bytes, 'abc'));
  await context.storeArtifact(join(context.workspace, 'made'), 'big.bin');
  await context.storeArtifact({ name: '../../e vil/<x>.html', data: '<script>1</script>' });
  return 'kept';
}
export async function missing(args, context) { await context.storeArtifact('/no/such/file'); }
export async function held([gate], context) {
  await context.storeArtifact({ name: 'early.txt', data: 'stored before the end' });
  console.log('stored');
  while (!existsSync(gate)) await pause(20);
}`,
  'left.sh':
    'mkdir -p "$MUSTER_ARTIFACTS/sub"; echo one > "$MUSTER_ARTIFACTS/one.txt"; echo two > "$MUSTER_ARTIFACTS/sub/two.txt"; ln -s /etc/passwd "$MUSTER_ARTIFACTS/link"; : > "$MUSTER_ARTIFACTS/empty"; exit 3',
  'left_py.py':
    'import os\ndef main():\n    with open(os.path.join(os.environ["MUSTER_ARTIFACTS"], "from.py"), "w") as f:\n        f.write("x")\n',
};

let system: System;
beforeAll(async () => {
  system = await startSystem({
    plugins,
    settings: { MUSTER_ARTIFACT_BYTES: '3000000', MUSTER_ARTIFACTS_PER_EXECUTION_BYTES: '3000010' },
  });
  await system.startAgent('one', { slots: 4 });
});
afterAll(() => system?.dispose());

async function executionOf(runId: string | undefined): Promise<string> {
  const [execution] = await system.api.executionsOf(runId ?? '');
  return execution?.id ?? '';
}
const done = async (plugin: string, args: unknown = [], action = 'main') =>
  executionOf((await system.api.runTask({ owner: 'ALL', plugin, action, args })).id);
const listOf = async (id: string) => (await system.api.get<{ items: Artifact[] }>(`/api/v1/executions/${id}/artifacts`)).items;
const textOf = async (id: string, name: string) => (await system.api.send('GET', pathOf(id, name))).text;
const pathOf = (id: string, name: string) => `/api/v1/executions/${id}/artifacts/${encodeURIComponent(name)}`;
const outbox = () => readdirSync(join(system.folder, 'agents/one/artifacts'));

describe('an artifact', () => {
  it('is there with the result, of any length, and is served so that no browser shows it', async () => {
    const id = await done('keep', [1_500_001]);
    const [strange, big] = await listOf(id);
    const content = Buffer.alloc(1_500_001, 'abc');
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(big).toMatchObject({ name: 'big.bin', bytes: 1_500_001, sha256, attempt: 1, refused: null });
    expect(strange?.name).toBe('.._.._e vil__x_.html');
    const response = await fetch(system.server().url + pathOf(id, 'big.bin'), {
      headers: { authorization: `Bearer ${system.server().token}` },
    });
    expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true);
    const { headers } = await system.api.send('GET', pathOf(id, strange?.name ?? ''));
    expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('content-disposition')).toMatch(/^attachment; /);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(outbox()).toEqual([]);
  });

  it('is on the page of its execution, also of one that succeeded at once', async () => {
    const id = await done('left_py');
    const visitor = createVisitor(system.server().url);
    await visitor.open(system.server().signInUrl);
    const { html } = await visitor.open(`/executions/${id}`);
    expect(html).toContain(`<a href="/api/v1/executions/${id}/artifacts/from.py" download>from.py</a>`);
  });

  it('is what a script leaves in its folder, also when it fails; links are not followed', async () => {
    const id = await done('left');
    expect((await system.api.execution(id)).exitCode).toBe(3);
    expect((await listOf(id)).map(({ name, bytes }) => [name, bytes])).toEqual([
      ['empty', 0],
      ['one.txt', 4],
      ['sub_two.txt', 4],
    ]);
    expect(await textOf(id, 'sub_two.txt')).toBe('two\n');
    expect((await listOf(await done('left_py'))).map(({ name }) => name)).toEqual(['from.py']);
  });

  it('that is too large is told and not kept, and the others are', async () => {
    const id = await done('keep', [3_000_001]);
    const [other, big] = await listOf(id);
    expect(big?.refused).toBe('It has 3000001 bytes; 3000000 are allowed (MUSTER_ARTIFACT_BYTES).');
    expect(other?.refused).toBeNull();
    expect(await system.api.send('GET', pathOf(id, 'big.bin'))).toMatchObject({ status: 404 });
    expect((await listOf(await done('keep', [3_000_000])))[1]?.refused).toContain('MUSTER_ARTIFACTS_PER_EXECUTION_BYTES');
  });

  it('that is not there is an error of the plugin', async () => {
    const execution = await system.api.execution(await done('keep', [], 'missing'));
    expect(execution).toMatchObject({
      state: 'failed',
      message: 'The artifact file could not be stored: there is no such file.',
    });
    expect((await system.api.send('GET', pathOf(execution.id, 'none'))).status).toBe(404);
  });

  it('is listed and downloaded by the command line, which overwrites nothing', async () => {
    const id = await done('left');
    const cli = cliWith({ url: system.server().url });
    const options = { cwd: system.folder, env: { MUSTER_TOKEN: system.server().token } };
    expect((await cli(['artifacts', id], options)).out).toContain('sub_two.txt');
    expect(await cli(['artifacts', id, 'sub_two.txt', '-o', 'here.txt'], options)).toMatchObject({ code: 0 });
    expect(readFileSync(join(system.folder, 'here.txt'), 'utf8')).toBe('two\n');
    expect((await cli(['artifacts', id, 'one.txt', '-o', 'here.txt'], options)).err).toContain('already');
    expect((await cli(['artifacts', id, 'none'], options)).err).toContain('has no artifact none');
  });

  it('needs the token of an agent that has the attempt', async () => {
    const piece = { execution: 'exe_x', attempt: 1, name: 'a', bytes: 1, sha256: 'a'.repeat(64), offset: 0, base64: 'YQ==' };
    expect((await system.api.send('POST', '/agent/v1/artifacts', piece)).status).toBe(401);
  });

  it('outlives the death of its agent, and is on the disk of the server once', async () => {
    const gate = join(system.folder, 'gate');
    const agent = await system.startAgent('two');
    const { run } = await system.api.createTask({ owner: 'two', plugin: 'keep', action: 'held', args: [gate] });
    const id = await executionOf(run?.id);
    await eventually('it stored', async () => (await system.api.log(id)).includes('stored'));
    await agent.kill();
    await system.server().stop();
    await system.startServer();
    agent.start();
    await eventually('its file is here', async () => (await listOf(id)).length === 1, 20_000);
    expect(await textOf(id, 'early.txt')).toBe('stored before the end');
    expect((await system.api.finalRun(run?.id ?? '')).state).toBe('failed');
    expect(
      existsSync(join(system.dataDir, 'artifacts/incoming')) ? readdirSync(join(system.dataDir, 'artifacts/incoming')) : [],
    ).toEqual([]);
    writeFileSync(gate, '');
  });
});
