import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { AuditEntry } from '../shared/api/access.ts';
import type { Agent } from '../shared/api/agents.ts';
import type { Page } from '../shared/api/listing.ts';
import { type ChildProgram, startProgram } from './support/child-program.ts';
import { eventually } from './support/eventually.ts';
import { type System, startSystem } from './support/system.ts';

/** Writes down each start, says so, then waits until it may end. */
const work = `#!/bin/bash
echo started >> "$FOLDER/starts"
echo begun
while [[ ! -e $FOLDER/go ]]; do sleep 0.05; done
echo done
`;

let system: System;
const copies: ChildProgram[] = [];
beforeAll(async () => {
  system = await startSystem({ plugins: { 'work.sh': work } });
}, 30_000);
// also after a test that failed on the way
afterEach(async () => {
  for (const copy of copies.splice(0)) if (copy.isRunning()) await copy.kill();
});
afterAll(() => system.dispose());

const audited = async (action: string): Promise<boolean> =>
  (await system.api.get<Page<AuditEntry>>('/api/v1/audit?limit=200')).items.some((entry) => entry.action === action);

async function copyOf(folder: string, name: string, leftOut: RegExp): Promise<ChildProgram> {
  await cp(folder, join(system.folder, name), { recursive: true, filter: (path) => !leftOut.test(path.slice(folder.length)) });
  return agentIn(name);
}

function agentIn(name: string): ChildProgram {
  const env = { MUSTER_SERVER: system.server().url, MUSTER_AGENT_DIR: join(system.folder, name), MUSTER_LOG_LEVEL: 'info' };
  const copy = startProgram({ program: 'agent', env });
  copies.push(copy);
  return copy;
}

it.each([
  ['with its journal', /agent\.lock|work/],
  ['without its journal', /agent\.lock|work|journal|spool/],
])(
  'a copy of the folder of an agent, %s, starts nothing a second time',
  async (what, leftOut) => {
    const name = `host-${leftOut.source.length}`;
    const agent = await system.startAgent(name);
    const folder = await readyFolder(name);
    const { run } = await system.api.createTask({ owner: name, plugin: 'work', env: { FOLDER: folder } });
    await eventually('the work has begun', async () => (await readdir(folder)).includes('starts'));

    const copy = await copyOf(agent.folder, `copy-${name}`, leftOut);
    await eventually(`the copy (${what}) was turned away`, () => copy.output().includes('agent_duplicate'), 15_000);
    expect(await audited('agent.duplicate')).toBe(true);
    await copy.kill();

    await cp(join(folder, 'starts'), join(folder, 'go'));
    await eventually(
      'the run has ended',
      async () => (await system.api.get<{ state: string }>(`/api/v1/runs/${run?.id}`)).state !== 'active',
    );
    expect((await system.api.get<{ state: string }>(`/api/v1/runs/${run?.id}`)).state).toBe('succeeded');
    expect(await readFile(join(folder, 'starts'), 'utf8')).toBe('started\n');
  },
  40_000,
);

it('a copy without the journal that comes while the host itself is cut off leaves its work in doubt, and starts it no second time', async () => {
  const agent = await system.startAgent('host-cut');
  const folder = await readyFolder('cut');
  const { run } = await system.api.createTask({ owner: 'host-cut', plugin: 'work', env: { FOLDER: folder } });
  await eventually('the work has begun', async () => (await readdir(folder)).includes('starts'));
  process.kill(agent.pid(), 'SIGSTOP');

  const copy = await copyOf(agent.folder, 'copy-cut', /agent\.lock|work|journal|spool/);
  await eventually('the journal of the copy was seen to be another one', () => audited('agent.journal_foreign'), 15_000);
  const inDoubt = async (): Promise<void> => {
    const { items } = await system.api.get<Page<object>>(`/api/v1/runs/${run?.id}/executions`);
    expect(items).toMatchObject([{ state: 'unknown', reason: 'journal_foreign', attempt: 1 }]);
  };
  await inDoubt();
  await copy.stop();

  // now its journal continues the one that is known, which is its own: it still proves nothing about the work of the original
  const again = agentIn('copy-cut');
  await eventually('the copy is back', () => again.output().includes('"msg":"connected"'), 15_000);
  await inDoubt();
  await again.stop();

  process.kill(agent.pid(), 'SIGCONT');
  await cp(join(folder, 'starts'), join(folder, 'go'));
  await agent.stop();
  agent.start();
  await eventually(
    'the host itself has told how it ended',
    async () => {
      const now = await system.api.get<Page<{ state: string }>>(`/api/v1/runs/${run?.id}/executions`);
      return now.items[0]?.state === 'succeeded' || now.items[0]?.state === 'failed';
    },
    30_000,
  );
  expect(await readFile(join(folder, 'starts'), 'utf8')).toBe('started\n');
}, 60_000);

it('a copy with the journal that comes while the host itself is cut off starts its work no second time', async () => {
  const agent = await system.startAgent('host-still');
  const folder = await readyFolder('still');
  const { run } = await system.api.createTask({ owner: 'host-still', plugin: 'work', env: { FOLDER: folder } });
  await eventually('the work has begun', async () => (await readdir(folder)).includes('starts'));
  process.kill(agent.pid(), 'SIGSTOP');

  const copy = await copyOf(agent.folder, 'copy-still', /agent\.lock|work/);
  await eventually('the copy has the place', () => copy.output().includes('"msg":"connected"'), 15_000);
  await eventually(
    'the run has ended',
    async () => (await system.api.get<{ state: string }>(`/api/v1/runs/${run?.id}`)).state !== 'active',
    15_000,
  );
  await copy.stop();

  process.kill(agent.pid(), 'SIGCONT');
  await cp(join(folder, 'starts'), join(folder, 'go'));
  await agent.stop();
  agent.start();
  await system.connected('host-still');
  expect(await readFile(join(folder, 'starts'), 'utf8')).toBe('started\n');
}, 60_000);

it('a copy from before the work was started, that comes while the host itself is cut off, starts it no second time once it was heard of', async () => {
  const agent = await system.startAgent('host-older');
  const folder = await readyFolder('older');
  const older = join(system.folder, 'older');
  await cp(agent.folder, older, { recursive: true, filter: (path) => !/agent\.lock|work/.test(path.slice(agent.folder.length)) });
  const { run } = await system.api.createTask({ owner: 'host-older', plugin: 'work', env: { FOLDER: folder } });
  const executions = async () =>
    (await system.api.get<Page<{ state: string; reason: string; logBytes: number }>>(`/api/v1/runs/${run?.id}/executions`)).items;
  await eventually('the work was heard of', async () => ((await executions())[0]?.logBytes ?? 0) > 0);
  process.kill(agent.pid(), 'SIGSTOP');
  await cp(older, join(system.folder, 'copy-older'), { recursive: true });
  const copy = agentIn('copy-older');
  await eventually('the copy has the place', () => copy.output().includes('"msg":"connected"'), 15_000);
  expect(await executions()).toMatchObject([{ state: 'unknown', reason: 'journal_foreign', attempt: 1 }]);
  await copy.stop();

  process.kill(agent.pid(), 'SIGCONT');
  await cp(join(folder, 'starts'), join(folder, 'go'));
  await agent.stop();
  agent.start();
  await eventually(
    'the host itself has told how it ended',
    async () => ['succeeded', 'failed'].includes((await executions())[0]?.state ?? ''),
    30_000,
  );
  expect(await readFile(join(folder, 'starts'), 'utf8')).toBe('started\n');
}, 60_000);

it('a folder that two hosts use is told of the agent, with both of them, and its work still starts once', async () => {
  const agent = await system.startAgent('host-twice');
  const folder = await readyFolder('twice');
  await copyOf(agent.folder, 'copy-twice', /agent\.lock|state\.json|work/).then((copy) => copy.kill());
  // each start asks to come in at once: otherwise it would ask every half minute
  await eventually(
    'the agent is told to be there twice',
    async () => {
      const copy = agentIn('copy-twice');
      await eventually('the copy was turned away', () => copy.output().includes('agent_duplicate'), 15_000);
      await copy.stop();
      return (await twiceOf('host-twice')) !== null;
    },
    40_000,
  );
  const { hosts } = (await twiceOf('host-twice')) ?? { hosts: [] };
  expect(hosts.length).toBeGreaterThanOrEqual(2);
  expect(hosts[0]).toMatchObject({ name: hostname(), address: expect.stringContaining('127.0.0.1') });
  expect(await audited('agent.duplicated')).toBe(true);

  await writeFile(join(folder, 'go'), '');
  const run = await system.api.runTask({ owner: 'host-twice', plugin: 'work', env: { FOLDER: folder } });
  expect(run.state).toBe('succeeded');
  expect(await readFile(join(folder, 'starts'), 'utf8')).toBe('started\n');
}, 90_000);

const twiceOf = async (name: string): Promise<Agent['duplicate']> =>
  (await system.api.agents()).find((agent) => agent.name === name)?.duplicate ?? null;

async function readyFolder(name: string): Promise<string> {
  const folder = join(system.folder, `evidence-${name}`);
  await mkdir(folder);
  return folder;
}
