// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is how a variable names a secret
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from '../shared/api/listing.ts';
import type { SecretSummary } from '../shared/api/secrets.ts';
import { eventually } from './support/eventually.ts';
import { type System, startSystem } from './support/system.ts';

const value = 'kX9-very+secret/ünd "quoted"';
const plugins = {
  'tell.js': `import { setTimeout as pause } from 'node:timers/promises';
export async function main([given, gate], context) {
      process.stdout.write('half ' + given.slice(0, 9)); await pause(30); process.stdout.write(given.slice(9) + '\\n');
      console.error(Buffer.from('user:' + context.secrets.pass).toString('base64'));
      context.progress(0.5, 'with ' + given);
      return { status: 'success', message: 'got ' + given, data: { given, length: given.length } };
    }
export function fail([given]) { throw new Error('refused: ' + given); }
export async function wait([given, gate]) {
      console.log('waits with ' + given);
      const { existsSync } = await import('node:fs');
      while (!existsSync(gate)) await pause(20);
      return given;
    }
export async function name([given], context) {
  await context.storeArtifact({ name: 'of ' + given + '.txt', data: 'x' });
  await context.storeArtifact({ name: 'plain.txt', data: 'x' });
}
let kept;
export function keep([given]) { const before = kept ?? null; kept = given?.$secret ?? given; return { before }; }`,
  'env.sh': 'echo "it is $TOKEN"; [ "$TOKEN" = "Bearer $(cat "$2")" ] && echo same; set -x; : "$TOKEN"',
  'arg.py':
    'import urllib.parse\ndef main(given):\n    print(urllib.parse.quote(given))\n    return {"status": "failed", "message": given}\n',
};

let system: System;
beforeAll(async () => {
  system = await startSystem({ plugins });
  await system.startAgent('one', { slots: 4 });
  expect((await system.api.send('PUT', '/api/v1/secrets/pass', { value })).status).toBe(201);
});
afterAll(() => system?.dispose());

const given = { $secret: 'pass' };

async function done(task: Parameters<System['api']['runTask']>[0]) {
  const run = await system.api.runTask(task);
  const [execution] = await system.api.executionsOf(run.id);
  const { id = '' } = execution ?? {};
  return { execution: await system.api.execution(id), log: await system.api.log(id) };
}

/** Files below these folders that hold the value, plain or as JSON. */
function filesWith(...folders: readonly string[]): string[] {
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const forms = [value, JSON.stringify(value).slice(1, -1), Buffer.from(value).toString('base64')];
  return files.filter((file) => existsSync(file) && forms.some((form) => readFileSync(file).includes(form)));
}

describe('a secret', () => {
  it('reaches a node plugin, and nothing that it says tells it', async () => {
    const { execution, log } = await done({ owner: 'ALL', plugin: 'tell', args: [given, null] });
    expect(execution).toMatchObject({ state: 'succeeded', message: 'got ***', data: { given: '***', length: value.length } });
    expect(log).toContain('half ***\n');
    expect(log).not.toContain('kX9-');
    expect(log).not.toContain(Buffer.from(value).toString('base64').slice(4, 20));
  });

  it('is masked in what is thrown, and in its trace', async () => {
    const { execution, log } = await done({ owner: 'ALL', plugin: 'tell', action: 'fail', args: [given] });
    expect(execution).toMatchObject({ state: 'failed', message: 'refused: ***' });
    expect(log).toContain('Error: refused: ***');
  });

  it('reaches a script through a variable, of which it may be a part', async () => {
    const file = join(system.folder, 'expected');
    writeFileSync(file, value);
    const { execution, log } = await done({ owner: 'ALL', plugin: 'env', args: [file], env: { TOKEN: 'Bearer ${secret:pass}' } });
    expect(execution.state).toBe('succeeded');
    expect(log).toContain('it is Bearer ***\nsame\n');
    expect(log).not.toContain('kX9-');
  });

  it('reaches a Python function as an argument', async () => {
    const { execution, log } = await done({ owner: 'ALL', plugin: 'arg', args: [given] });
    expect(execution).toMatchObject({ state: 'failed', message: '***' });
    expect(log).toBe('***\n');
  });

  it('is masked in the name of a file that it leaves', async () => {
    const { execution } = await done({ owner: 'ALL', plugin: 'tell', action: 'name', args: [given] });
    const { items } = await system.api.get<{ items: { name: string }[] }>(`/api/v1/executions/${execution.id}/artifacts`);
    expect(items.map(({ name }) => name)).toEqual(['of ___.txt', 'plain.txt']);
  });

  it('is on no disk while it is in use, and in no answer of the API', async () => {
    const gate = join(system.folder, 'gate');
    const { task, run } = await system.api.createTask({ owner: 'ALL', plugin: 'tell', action: 'wait', args: [given, gate] });
    await eventually('it runs', async () => {
      const [execution] = await system.api.executionsOf(run?.id ?? '');
      return execution !== undefined && execution.logBytes > 0;
    });
    expect(filesWith(join(system.folder, 'agents'), system.dataDir)).toEqual([]);
    writeFileSync(gate, '');
    expect((await system.api.finalRun(run?.id ?? '')).state).toBe('succeeded');
    const answers = await Promise.all(
      [`/api/v1/tasks/${task.id}`, `/api/v1/runs/${run?.id}`, '/api/v1/executions', '/api/v1/audit', '/api/v1/secrets'].map(
        async (path) => (await system.api.send('GET', path)).text,
      ),
    );
    for (const answer of answers) expect(answer).not.toContain('kX9-');
    expect(answers[0]).toContain('{"$secret":"pass"}');
    expect(filesWith(join(system.folder, 'agents'), system.dataDir)).toEqual([]);
  });

  it('is not kept by a warm process for the next execution', async () => {
    await done({ owner: 'ALL', plugin: 'tell', action: 'keep', args: [given] });
    const { execution } = await done({ owner: 'ALL', plugin: 'tell', action: 'keep', args: [null] });
    expect(execution.data).toEqual({ before: null });
  });

  it('leaves an entry in the audit for each use', async () => {
    const { execution } = await done({ owner: 'ALL', plugin: 'tell', action: 'keep', args: [given] });
    const { items } = await system.api.get<Page<{ action: string; subject: string; detail: unknown }>>(
      '/api/v1/audit?action=secret.used',
    );
    expect(items[0]).toMatchObject({ subject: 'pass', detail: { execution: execution.id, attempt: 1, agent: 'one' } });
  });

  it('that is not there is told when the task is posted', async () => {
    const { status, json } = await system.api.send('POST', '/api/v1/tasks', {
      owner: 'ALL', plugin: 'tell', args: [{ $secret: 'none' }], env: { A: '${secret:nor this}' },
    }); // biome-ignore format: one task
    expect({ status, json }).toMatchObject({ status: 422, json: { code: 'field_invalid', field: 'env.A' } });
    const other = await system.api.send('POST', '/api/v1/tasks', { owner: 'ALL', plugin: 'tell', args: [{ $secret: 'none' }] });
    expect(other.json).toMatchObject({ code: 'secret_unknown', field: 'args.0' });
  });

  it('that was removed since is why the work is rejected, before any of it ran', async () => {
    await system.api.send('PUT', '/api/v1/secrets/short-lived', { value: 'hunter22' });
    const { task } = await system.api.createTask({
      owner: 'ALL', plugin: 'tell', args: [{ $secret: 'short-lived' }], type: 'Interval', everySeconds: 86_400,
    }); // biome-ignore format: one task
    const { items } = await system.api.get<Page<SecretSummary>>('/api/v1/secrets');
    expect(items.find(({ name }) => name === 'short-lived')?.usedBy).toEqual([{ id: task.id, name: task.name }]);
    await system.api.send('DELETE', '/api/v1/secrets/short-lived');
    const run = await system.api.post<{ id: string }>(`/api/v1/tasks/${task.id}/run`);
    expect((await system.api.finalRun(run.id)).state).toBe('failed');
    const [execution] = await system.api.executionsOf(run.id);
    expect(execution).toMatchObject({
      state: 'rejected',
      reason: 'secret_missing',
      message: 'There is no secret short-lived any more: write it anew, or change the task.',
    });
  });

  it.each(['abc', 'x'.repeat(65_537), 'nul\0inside'])('has a value that can be masked and kept: not %#', async (bad) => {
    const { status, text } = await system.api.send('PUT', '/api/v1/secrets/bad', { value: bad });
    expect(status).toBe(422);
    expect(text).not.toContain(bad);
  });
});
