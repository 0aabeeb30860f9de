import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Execution } from '../../../shared/api/executions.ts';
import type { Page } from '../../../shared/api/listing.ts';
import { createAgentKeys, enrolAgent } from '../../../tests/support/agent-client.ts';
import { createFakeClock, type FakeClock } from '../../../tests/support/clock.ts';
import { eventually } from '../../../tests/support/eventually.ts';
import { type ServerInProcess, startServerInProcess } from '../../../tests/support/server-in-process.ts';

/**
 * Nothing is dropped silently: 200 firings that did not run, of eight kinds, on a real server with a clock that the test turns. Each left
 * exactly one row, and the row says why.
 */
const ofEachKind = 25;
const files = { 'noop.js': 'export const main = () => null;\n' };
const limits = { MUSTER_MAX_EXECUTIONS_PER_RUN: '3', MUSTER_MAX_QUEUED_PER_AGENT: '30' };
/** the time at which each of the tasks is due first */
const everySeconds = 120;

let clock: FakeClock;
let server: ServerInProcess;
beforeAll(async () => {
  clock = createFakeClock();
  server = await startServerInProcess(files, limits, { clock });
  const { token } = await server.api.post<{ token: string }>('/api/v1/join-tokens', { maxUses: 10 });
  for (const name of ['host1', 'host2', 'host3', 'host4'])
    await enrolAgent({ url: server.url, joinToken: token, name, keys: createAgentKeys() });
});
afterAll(() => server.stop());

type Draft = { readonly owner: string; readonly [field: string]: unknown };

async function tasks(draft: Draft, count: number = ofEachKind): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const input = { plugin: 'noop', type: 'Interval', everySeconds, expiresAfter: 86_400, ...draft };
    ids.push((await server.api.createTask(input)).task.id);
  }
  return ids;
}

const rowsOf = async (taskId: string): Promise<readonly Execution[]> =>
  (await server.api.get<Page<Execution>>(`/api/v1/executions?taskId=${taskId}`)).items;

/** Of each of the tasks, what its firings left besides rows that wait. */
async function ended(ids: readonly string[]): Promise<string[][]> {
  const rows = await Promise.all(ids.map(rowsOf));
  return rows.map((of) => of.filter(({ state }) => state !== 'queued').map(({ state, reason }) => `${state}: ${reason}`));
}

const oneRow = (reason: string): string[][] => Array.from({ length: ofEachKind }, () => [`skipped: ${reason}`]);

async function remove(ids: readonly string[]): Promise<void> {
  for (const id of ids) expect((await server.api.send('DELETE', `/api/v1/tasks/${id}`)).status).toBe(204);
}

/** Time passes, and what is due is handled. */
async function pass(seconds: number, ids: readonly string[]): Promise<void> {
  await clock.advance(seconds * 1000);
  await eventually('each has fired', async () => {
    await clock.advance(0);
    return (await ended(ids)).every((rows) => rows.length > 0);
  });
}

describe('a firing that did not run leaves exactly one row', () => {
  test('when the run before it is still active', async () => {
    const ids = await tasks({ owner: 'host2' });
    for (const id of ids) await server.api.post(`/api/v1/tasks/${id}/run`);
    await pass(everySeconds, ids);
    expect(await ended(ids)).toEqual(oneRow('overlap'));
    await remove(ids);
  });

  test('when no host matches', async () => {
    const ids = await tasks({ owner: 'tag:nowhere' });
    await pass(everySeconds, ids);
    expect(await ended(ids)).toEqual(oneRow('no_host_matched'));
    await remove(ids);
  });

  test('when the host is offline and the task says not to wait', async () => {
    const ids = await tasks({ owner: 'host3', ifOffline: 'skip' });
    await pass(everySeconds, ids);
    expect(await ended(ids)).toEqual(oneRow('if_offline'));
    await remove(ids);
  });

  test('when the owner reaches more hosts than a run may have', async () => {
    const ids = await tasks({ owner: 'ALL' });
    await pass(everySeconds, ids);
    expect(await ended(ids)).toEqual(oneRow('run_too_large'));
    await remove(ids);
    const answer = await server.api.send('POST', '/tasks', { owner: 'ALL', plugin: 'noop' });
    expect(answer).toMatchObject({ status: 422, json: { code: 'field_invalid', field: 'owner' } });
  });

  test('when the queue of its host is full', async () => {
    for (let n = 0; n < 30; n += 1) await server.api.createTask({ owner: 'host1', plugin: 'noop', expiresAfter: 86_400 });
    const ids = await tasks({ owner: 'host1', overlap: 'parallel' });
    await pass(everySeconds, ids);
    expect(await ended(ids)).toEqual(oneRow('queue_full'));
    await remove(ids);
    const answer = await server.api.send('POST', '/tasks', { owner: 'host1', plugin: 'noop' });
    expect(answer).toMatchObject({ status: 503, json: { code: 'queue_full' } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await server.api.get<Page<unknown>>('/api/v1/tasks?type=Adhoc&limit=100')).items).toHaveLength(30);
  });

  test('when it comes more than a minute late', async () => {
    const ids = await tasks({ owner: 'host4' });
    clock.stall((everySeconds + 61) * 1000);
    await pass(0, ids);
    expect(await ended(ids)).toEqual(oneRow('misfired'));
    await remove(ids);
  });

  test('when its task was paused after it was due and before it could run', async () => {
    const ids: string[] = [];
    for (let n = 0; n < ofEachKind; n += 1) {
      // one after the other: each change wakes the schedules
      ids.push(...(await tasks({ owner: 'host4' }, 1)));
      await ended(ids);
      clock.stall(everySeconds * 1000);
      await server.api.post(`/api/v1/tasks/${ids.at(-1)}/pause`);
    }
    expect(await ended(ids)).toEqual(oneRow('paused'));
    await remove(ids);
  });

  test('when the server was down, over however many times it was due', async () => {
    const ids = await tasks({ owner: 'host4', everySeconds: 600 });
    const { folder } = server;
    await server.running.stop();
    clock.stall(3_700_000);
    server = await startServerInProcess(files, limits, { clock, folder });
    await pass(0, ids);
    expect(await ended(ids)).toEqual(oneRow('misfired'));
    const [row] = await rowsOf(ids[0] ?? '');
    expect(row?.reasonText).toMatch(/^6 firings, due from \S+ to \S+, came /);
  });
});
