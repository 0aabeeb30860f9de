import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, statfsSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import type { ResultMessage } from '../shared/protocol.ts';
import { type AgentClient, type AgentKeys, connectAgent, createAgentKeys, enrolAgent } from './support/agent-client.ts';
import type { ApiAnswer } from './support/api-client.ts';
import { eventually } from './support/eventually.ts';
import { heartbeat } from './support/heartbeat.ts';
import { type ServerInProcess, startServerInProcess } from './support/server-in-process.ts';

/**
 * A disk that is really full, under the server: a small file system of its own, filled to the last byte. It takes the rights to mount one.
 */
const canMount = ((): boolean => {
  try {
    const probe = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe], { stdio: 'ignore' });
    execFileSync('umount', [probe]);
    execFileSync('rmdir', [probe]);
    return true;
  } catch {
    return false;
  }
})();
if (!canMount) console.warn('NOT TESTED: the server on a full disk, for which this user may not mount a file system.');
const testOnDisk = canMount ? test : test.skip;

const disposals: (() => unknown)[] = [];
afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose();
});

type SmallDisk = { readonly folder: string; fill(): void; free(): void };

async function smallDisk(): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-disk-'));
  disposals.push(() => rm(folder, { recursive: true, force: true }));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', folder]);
  disposals.push(() => execFileSync('umount', ['-l', folder]));
  const filler = openSync(join(folder, 'filler'), 'w');
  disposals.push(() => closeSync(filler));
  const mebibyte = Buffer.alloc(1024 * 1024, 1);
  return {
    folder,
    fill() {
      for (let size = mebibyte.length; size >= 1; size = Math.floor(size / 2)) {
        try {
          for (;;) writeSync(filler, mebibyte, 0, size);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        }
      }
      expect(statfsSync(folder).bavail).toBe(0);
    },
    free: () => ftruncateSync(filler, 0),
  };
}

async function joinWeb(server: ServerInProcess, keys: AgentKeys): Promise<string> {
  const { token } = await server.api.post<{ token: string }>('/api/v1/join-tokens', {});
  return (await enrolAgent({ url: server.url, joinToken: token, name: 'web', keys })).agentId;
}

const resultOf = (execution: string, change: Partial<ResultMessage> = {}): ResultMessage => ({
  type: 'result', execution, attempt: 1, outcome: 'succeeded', reason: 'finished', message: 'done', exitCode: 0, data: null, durationMs: 1, logSize: 0, cutBytes: 0,
  ...change,
}); // biome-ignore format: a message

const taskIds = async (server: ServerInProcess): Promise<string[]> =>
  (await server.api.get<{ items: { id: string }[] }>('/api/v1/tasks?limit=500')).items.map(({ id }) => id);

async function startOne(server: ServerInProcess, agent: AgentClient): Promise<string> {
  await server.api.createTask({ owner: 'web', plugin: 'noop' });
  const offer = await agent.next('offer');
  agent.send({ type: 'accept', execution: offer.execution, attempt: offer.attempt });
  await agent.next('start');
  return offer.execution;
}

testOnDisk(
  'a server on a full disk refuses work, acknowledges nothing, and goes on by itself when there is space',
  async () => {
    const disk = await smallDisk();
    const server = await startServerInProcess({ 'noop.js': 'export const main = () => null;\n' }, {}, { folder: disk.folder });
    disposals.push(() => server.running.stop());
    const keys = createAgentKeys();
    const agentId = await joinWeb(server, keys);
    const agent = await connectAgent(server.url, { agentId, keys });
    const execution = await startOne(server, agent);
    const before = await taskIds(server);

    disk.fill();
    let refused: ApiAnswer | undefined;
    await eventually('the disk is full for the database too', async () => {
      refused = await server.api.send('POST', '/tasks', { owner: 'web', plugin: 'noop', args: ['x'.repeat(100_000)] });
      return refused.status !== 201;
    });
    expect(refused).toMatchObject({ status: 507, json: { code: 'disk_full' } });
    expect(refused?.text).toMatch(
      new RegExp(`The disk that holds the database \\(${join(disk.folder, 'data', 'muster.db')}\\) is full\\. .*free some space`),
    );
    expect(await server.stranger.send('GET', '/readyz')).toMatchObject({
      status: 503,
      json: { status: 'not_ready', checks: { database: 'ok', disk: 'failed' } },
    });

    // its agent tells of the end, and hears nothing; the connection stays, so that nobody comes back in vain
    agent.send(resultOf(execution, { message: 'x'.repeat(8000), data: 'y'.repeat(500_000) }));
    agent.send(heartbeat);
    await agent.next('heartbeat_ack');
    expect((await server.api.execution(execution)).state).toBe('running');
    expect((await server.stranger.send('GET', '/healthz')).status).toBe(200);
    expect(agent.received.some(({ type }) => type === 'ack')).toBe(false);

    disk.free();
    expect(await agent.closed).toMatchObject({ code: 1012 });
    await eventually('it is ready', async () => (await server.stranger.send('GET', '/readyz')).status === 200);
    const journal = [{ execution, attempt: 1, state: 'ended' as const, logSize: 0 }];
    const again = await connectAgent(server.url, { agentId, keys, journal });
    expect(again.welcome.verdicts).toMatchObject([{ verdict: 'deliver' }]);
    again.send(resultOf(execution));
    await again.next('ack');
    expect((await server.api.execution(execution)).state).toBe('succeeded');
    expect(await taskIds(server)).toEqual(expect.arrayContaining(before));
    await startOne(server, again);
  },
  60_000,
);
