import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Page } from '../shared/api/listing.ts';
import type { Task } from '../shared/api/tasks.ts';
import { closeCodes } from '../shared/protocol.ts';
import { type AgentClient, connectAgent, createAgentKeys, enrolAgent } from './support/agent-client.ts';
import { type ApiClient, createApiClient } from './support/api-client.ts';
import { startProgram } from './support/child-program.ts';
import { eventually } from './support/eventually.ts';
import { heartbeat } from './support/heartbeat.ts';
import { type ServerProcess, startServerProcess } from './support/server-process.ts';

/** A stop in order, whatever goes on around it. */
let folder: string;
let server: ServerProcess;
let api: ApiClient;
const sockets: Socket[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-drain-'));
  await mkdir(join(folder, 'plugins'));
  await writeFile(join(folder, 'plugins', 'noop.js'), 'export const main = () => null;\n');
  await start();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  if (server.isRunning()) await server.kill();
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  server = await startServerProcess({ dataDir: join(folder, 'data'), pluginsDir: join(folder, 'plugins') });
  api = createApiClient({ url: () => server.url, token: () => server.token });
}

async function agentOf(name: string): Promise<AgentClient> {
  const { token } = await api.post<{ token: string }>('/api/v1/join-tokens', {});
  const keys = createAgentKeys();
  const { agentId } = await enrolAgent({ url: server.url, joinToken: token, name, keys });
  return connectAgent(server.url, { agentId, keys });
}

/** A client that says so much and never reads. */
async function hangs(text: string): Promise<void> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined).pause();
  await once(socket, 'connect');
  socket.write(text.replace('TOKEN', server.token));
}

/** Posts one task after the other. @returns those that were accepted, once the server is gone */
async function postOn(): Promise<string[]> {
  const accepted: string[] = [];
  for (;;) {
    try {
      const answer = await api.send('POST', '/tasks', { owner: 'Anyone', plugin: 'noop' });
      if (answer.status === 201) accepted.push((answer.json as { task: Task }).task.id);
      else expect(answer).toMatchObject({ status: 503, json: { code: 'server_stopping' } });
    } catch {
      return accepted;
    }
  }
}

describe('SIGTERM', () => {
  test('ends the server in order through hung clients and floods, and what was accepted is there afterwards', async () => {
    const honest = await agentOf('honest');
    const hung = await agentOf('hung');
    hung.pause();
    const loud = await agentOf('loud');
    await hangs('POST /tasks HTTP/1.1\r\nhost: x\r\nauthorization: Bearer TOKEN\r\ncontent-length: 1000\r\n\r\n{');
    await hangs('GET /api/v1/events?topics=tasks HTTP/1.1\r\nhost: x\r\nauthorization: Bearer TOKEN\r\n\r\n');
    await hangs('GET /');
    const posts = [postOn(), postOn(), postOn(), postOn()];
    let flooding = true;
    const flood = (): void => {
      if (!flooding) return;
      if (loud.bufferedAmount() < 1_000_000) loud.send(...Array.from({ length: 500 }, () => heartbeat));
      setImmediate(flood);
    };
    flood();
    await honest.next('offer');

    server.child.kill('SIGTERM');
    expect((await honest.closed).code).toBe(closeCodes.comeBack);
    await eventually('the server has ended', () => !server.isRunning(), 25_000);
    flooding = false;
    expect(server.child.exitCode).toBe(0);
    expect(server.output()).toContain('server stopped');
    for (const left of ['muster.db-wal', 'muster.db-shm']) expect(existsSync(join(folder, 'data', left))).toBe(false);

    const accepted = (await Promise.all(posts)).flat();
    expect(accepted.length).toBeGreaterThan(0);
    await start();
    for (const id of accepted) expect((await api.get<Task>(`/api/v1/tasks/${id}`)).id).toBe(id);
    const { items } = await api.get<Page<{ state: string }>>('/api/v1/executions?limit=500');
    expect(items.filter(({ state }) => state !== 'queued')).toEqual([]);
    hung.terminate();
    loud.terminate();
  }, 60_000);

  test('that comes a second time does not wait for those who hang', async () => {
    await hangs('POST /tasks HTTP/1.1\r\nhost: x\r\nauthorization: Bearer TOKEN\r\ncontent-length: 1000\r\n\r\n{');
    const hung = await agentOf('hung');
    hung.pause();
    server.child.kill('SIGTERM');
    await eventually('it is stopping', () => server.output().includes('server stopping'));
    server.child.kill('SIGTERM');
    await eventually('the server has ended', () => !server.isRunning(), 25_000);
    expect(server.child.exitCode).toBe(1);
    hung.terminate();
    await start();
  }, 60_000);

  test('that comes while it starts, or the moment that it says it is ready, ends it in order', async () => {
    await server.stop();
    for (const when of ['it has its folder', 'it is ready'] as const) {
      const program = startProgram({
        program: 'server',
        env: { MUSTER_DATA_DIR: join(folder, 'data'), MUSTER_PLUGINS_DIR: join(folder, 'plugins'), MUSTER_PORT: '0' },
      });
      const end = (): void => void program.child.kill('SIGTERM');
      if (when === 'it is ready') program.child.once('message', end);
      else await eventually('it has its folder', () => existsSync(join(folder, 'data', 'muster.db-wal'))).then(end);
      await eventually('the server has ended', () => !program.isRunning(), 25_000);
      expect([when, program.child.exitCode, program.child.signalCode]).toEqual([when, 0, null]);
      expect(program.output()).toContain('server stopped');
    }
    await start();
  }, 60_000);
});
