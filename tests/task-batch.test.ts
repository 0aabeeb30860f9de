import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { maxTasksPerBatch } from '../shared/api/task-batch.ts';
import { type ServerInProcess, startServerInProcess } from './support/server-in-process.ts';

const path = '/api/v1/tasks/batch';
const task = { owner: 'Anyone', plugin: 'noop' };

let server: ServerInProcess;
beforeAll(async () => {
  server = await startServerInProcess({ 'noop.sh': 'true\n' });
});
afterAll(() => server?.stop());

const amount = async (): Promise<number> => (await server.api.get<{ items: unknown[] }>('/api/v1/tasks?limit=500')).items.length;

describe('POST /api/v1/tasks/batch', () => {
  it('answers 201 with the ids of all; sent twice with one Idempotency-Key, it happens once', async () => {
    const send = () => server.api.send('POST', path, { tasks: [task, task, task] }, { 'idempotency-key': 'a-batch' });
    const [first, second] = [await send(), await send()];
    expect(first.status).toBe(201);
    const { items } = first.json as { items: { taskId: string; runId: string }[] };
    expect(items).toHaveLength(3);
    expect(second.json).toEqual(first.json);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(await amount()).toBe(3);
    for (const { taskId, runId } of items)
      expect(await server.api.get(`/api/v1/tasks/${taskId}`)).toMatchObject({ plugin: 'noop', lastRunId: runId });
  });

  it('takes a body that is larger than that of other routes', async () => {
    const args = ['x'.repeat(9_000)];
    const { status } = await server.api.send('POST', path, { tasks: Array.from({ length: 200 }, () => ({ ...task, args })) });
    expect(status).toBe(201);
  });

  const before = { tasks: [task] };
  it.each([
    { what: 'no task at all', body: { tasks: [] }, code: 'field_invalid', field: 'tasks' },
    {
      what: 'more than fit',
      body: { tasks: Array.from({ length: maxTasksPerBatch + 1 }, () => task) },
      code: 'field_invalid',
      field: 'tasks',
    },
    {
      what: 'a field that is not known',
      body: { tasks: [task, { ...task, onwer: 'ALL' }] },
      code: 'field_unknown',
      field: 'tasks.1.onwer',
    },
    {
      what: 'a plugin that is not there',
      body: { tasks: [task, { ...task, plugin: 'nothing' }] },
      code: 'plugin_unknown',
      field: 'tasks.1.plugin',
    },
    { what: 'a list without its name', body: before.tasks, code: 'field_invalid', field: undefined },
  ])('refuses $what, and makes none', async ({ body, code, field }) => {
    const had = await amount();
    const { status, json } = await server.api.send('POST', path, body);
    expect({ status, json }).toMatchObject({ status: 422, json: { code, ...(field === undefined ? {} : { field }) } });
    expect(await amount()).toBe(had);
  });

  it('is for who may run tasks', async () => {
    expect((await server.stranger.send('POST', path, before)).status).toBe(401);
    const { token } = await server.api.post<{ token: string }>('/api/v1/tokens', { name: 'eyes', role: 'viewer' });
    const { status, json } = await server.api.send('POST', path, before, { authorization: `Bearer ${token}` });
    expect({ status, json }).toMatchObject({ status: 403, json: { code: 'forbidden' } });
  });
});
