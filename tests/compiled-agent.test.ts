import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Run } from '../shared/api/runs.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { builtRelease, compiledAgent, makeBareFolder } from './support/compiled-agent.ts';
import { eventually } from './support/eventually.ts';
import { processesMarked } from './support/processes.ts';
import { type System, startSystem } from './support/system.ts';

const plugins = {
  'plain.js': `import { execFileSync } from 'node:child_process';
export async function main([name], context) {
  console.log('hello ' + name);
  return { pid: process.pid, node: process.version };
}
export const secret = ([given]) => { console.log('it is ' + given); return given.length; };
export const finds = ([program]) => { try { return execFileSync(program).toString(); } catch (error) { return error.code; } };`,
  'typed.ts': `import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
type Given = readonly [number, number];
export const main = ([a, b]: Given): number => a + b;
export async function thread(): Promise<unknown> {
  const worker = new Worker("require('node:worker_threads').parentPort.postMessage(6 * 7)", { eval: true });
  return (await once(worker, 'message'))[0];
}
export async function forked(args: unknown, { workspace }: { workspace: string }): Promise<unknown> {
  const child = workspace + '/child.cjs';
  writeFileSync(child, 'process.send(process.argv.slice(2)); process.disconnect();');
  return (await once(fork(child, ['one', 'two']), 'message'))[0];
}`,
  'count.py':
    'def main(*numbers):\n    print("counting")\n    return {"status": "success", "message": "counted", "data": sum(numbers)}\n',
  'leave.sh': 'echo "on $MUSTER_AGENT"; echo kept > "$MUSTER_ARTIFACTS/left.txt"\n',
  'endless.sh': 'trap "" TERM; sleep 600 & sleep 601\n',
};

const why =
  compiledAgent === undefined ? ' (NOT TESTED: there is no executable here; npm run build:agent -- --quick makes it)' : '';

/** The executable as it is on a host: no checkout, no Node, nothing but what its work needs. */
(why === '' ? describe : describe.skip)(`the agent as one executable${why}`, () => {
  let system: System;
  let agent: AgentProcess;

  beforeAll(async () => {
    system = await startSystem({ plugins });
    const PATH = makeBareFolder(join(system.folder, 'programs'), ['sh', 'bash', 'sleep', 'python3']);
    agent = await system.startAgent('one', { slots: 4, executable: compiledAgent, settings: { PATH } });
  });
  afterAll(() => system?.dispose());

  async function done(plugin: string, args: unknown = [], more: object = {}) {
    const run = await system.api.runTask({ owner: 'one', plugin, args, ...more });
    return { run, ...(await endOf(run)) };
  }
  async function endOf(run: Run) {
    const [execution] = await system.api.executionsOf(run.id);
    const { id = '' } = execution ?? {};
    return { id, execution: await system.api.execution(id), log: await system.api.log(id) };
  }

  it('is Online as the version that was built', async () => {
    const [host] = await system.api.agents();
    expect(host).toMatchObject({ name: 'one', status: 'Online', version: builtRelease()?.version });
    await eventually('its facts are told', async () => {
      const facts = (await system.api.agents())[0]?.facts ?? {};
      return facts.cpu_manufacturer !== undefined || facts.os_distro !== undefined;
    });
  });

  it('runs plugins in JavaScript, warm, without a Node on the host', async () => {
    const first = await done('plain', ['you']);
    expect(first).toMatchObject({ log: 'hello you\n', execution: { state: 'succeeded', data: { node: process.version } } });
    const second = await done('plain', ['again']);
    expect(second.execution.data).toEqual(first.execution.data);
    expect((await done('plain', ['node'], { action: 'finds' })).execution.data).toBe('ENOENT');
  });

  it('runs plugins in TypeScript, with threads and with processes of their own', async () => {
    expect((await done('typed', [2, 3])).execution).toMatchObject({ state: 'succeeded', data: 5 });
    expect((await done('typed', [], { action: 'thread' })).execution).toMatchObject({ state: 'succeeded', data: 42 });
    expect((await done('typed', [], { action: 'forked' })).execution).toMatchObject({ data: ['one', 'two'] });
  });

  it('runs Python', async () => {
    const { execution, log } = await done('count', [1, 2, 3]);
    expect(execution).toMatchObject({ state: 'succeeded', message: 'counted', data: 6 });
    expect(log).toBe('counting\n');
  });

  it('runs bash, and keeps what it leaves', async () => {
    const { id, execution, log } = await done('leave');
    expect([execution.state, log]).toEqual(['succeeded', 'on one\n']);
    expect((await system.api.send('GET', `/api/v1/executions/${id}/artifacts/left.txt`)).text).toBe('kept\n');
  });

  it('gives a secret to a plugin, and masks it', async () => {
    expect((await system.api.send('PUT', '/api/v1/secrets/pass', { value: 'hushed-value' })).status).toBe(201);
    const { execution, log } = await done('plain', [{ $secret: 'pass' }], { action: 'secret' });
    expect([execution.data, log]).toEqual([12, 'it is ***\n']);
  });

  it('ends every process of work that is cancelled, and of work that takes too long', async () => {
    const mark = `compiled-${process.pid}`;
    const alive = (): number => processesMarked('MUSTER_TEST_MARK', mark).length;
    const task = { owner: 'one', plugin: 'endless', env: { MUSTER_TEST_MARK: mark }, graceSeconds: 0.2 };
    const { run } = await system.api.createTask(task);
    await eventually('it runs', () => alive() >= 3);
    await system.api.post(`/api/v1/runs/${run?.id}/cancel`);
    expect(await system.api.finalRun(run?.id ?? '')).toMatchObject({ state: 'cancelled' });
    expect(alive()).toBe(0);

    expect((await system.api.runTask({ ...task, timeoutSeconds: 0.5 })).counts).toMatchObject({ timed_out: 1 });
    expect(alive()).toBe(0);
  });

  it('comes back after kill -9, and what it was at is told as lost and runs no more', async () => {
    const mark = `compiled-killed-${process.pid}`;
    const alive = (): number => processesMarked('MUSTER_TEST_MARK', mark).length;
    const { run } = await system.api.createTask({ owner: 'one', plugin: 'endless', env: { MUSTER_TEST_MARK: mark } });
    await eventually('it runs', () => alive() >= 3);
    await agent.kill();
    agent.start();
    expect(await system.api.finalRun(run?.id ?? '')).toMatchObject({ counts: { lost: 1 } });
    await eventually('nothing of it runs', () => alive() === 0);
    expect((await done('leave')).execution.state).toBe('succeeded');
  });

  it('takes a plugin that was changed on the server', async () => {
    await system.writePlugin('typed.ts', 'export const main = ([a, b]: readonly [number, number]): number => a * b;\n');
    await eventually('the new one is used', async () => (await done('typed', [4, 5])).execution.data === 20);
  });

  it('leaves nothing outside of its folder', () => {
    expect(existsSync(join(agent.folder, 'agent.key'))).toBe(true);
    const opened = process.platform === 'linux' ? readFileSync(`/proc/${agent.pid()}/maps`, 'utf8') : '';
    expect(opened).not.toContain('node_modules');
  });
});

/** What comes with the product, as it comes. */
(why === '' ? describe : describe.skip)(`the bundled plugins on the agent as one executable${why}`, () => {
  let system: System;

  beforeAll(async () => {
    system = await startSystem();
    const PATH = makeBareFolder(join(system.folder, 'programs'), ['sh', 'bash', 'python3']);
    await system.startAgent('one', { slots: 4, executable: compiledAgent, settings: { PATH } });
  });
  afterAll(() => system?.dispose());

  it.each([
    ['shell', 'main', ['echo hello'], 'hello\n'],
    ['bash', 'main', ['echo "$0"; echo hello'], 'hello\n'],
    ['python', 'main', ['print("hello")'], 'hello\n'],
    ['node', 'main', ['console.log("hello", require("node:os").EOL.length)'], 'hello 1\n'],
    ['node', 'main', ['import { EOL } from "node:os"; console.log("hello", EOL.length, await 1)'], 'hello 1 1\n'],
    ['sql', 'execute', { url: 'sqlite::memory:', sql: 'create table t (a)' }, '0 rows'],
    ['facts', 'main', {}, ''],
    ['sleep', 'main', { seconds: 0.1 }, ''],
  ])('%s works', async (plugin, action, args, said) => {
    const run = await system.api.runTask({ owner: 'one', plugin, action, args });
    const [execution] = await system.api.executionsOf(run.id);
    const { id = '' } = execution ?? {};
    expect(await system.api.execution(id)).toMatchObject({ state: 'succeeded' });
    expect(await system.api.log(id)).toContain(said);
  });
});
