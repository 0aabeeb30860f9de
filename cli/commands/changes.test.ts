import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { someAgent, someApiToken, someExecution, someJoinToken, someRun, someTask } from '../../tests/support/api-shapes.ts';
import { cliWith } from '../../tests/support/cli.ts';
import { pageOf, problem, type StubApi, startStubApi } from '../../tests/support/stub-api.ts';

const deleted = { status: 204 };
let api: StubApi;
let cli: ReturnType<typeof cliWith>;

beforeEach(async () => {
  api = await startStubApi();
  cli = cliWith(api);
});
afterEach(() => api.stop());

const last = () => {
  const { method, path, body } = api.requests.at(-1) ?? {};
  return { call: `${method} ${path}`, body };
};

describe('agents', () => {
  const path = `/api/v1/agents/${someAgent().id}`;
  beforeEach(() =>
    api.answer('GET /api/v1/agents', pageOf(someAgent({ id: `agt_${'9'.repeat(26)}`, name: 'web10' }), someAgent())),
  );

  test('are found by their exact name', async () => {
    api.answer(`GET ${path}`, { body: someAgent() });
    expect((await cli(['agents', 'show', 'web1'])).out).toMatch(/^status +Online, connected$/m);
    expect((await cli(['agents', 'show', someAgent().id])).code).toBe(0);
    expect(await cli(['agents', 'show', 'web'])).toEqual({
      code: 2,
      out: '',
      err: 'muster: There is no agent "web". `muster agents` lists them. (not_found)\n',
    });
  });

  test('get and lose tags, and keep the others', async () => {
    api.answer(`PATCH ${path}`, ({ body }) => ({ body: someAgent(body as object) }));
    expect((await cli(['agents', 'tag', 'web1', 'env=prod', 'web'])).out).toBe('web1: web env=prod\n');
    expect((await cli(['agents', 'tag', 'web1', '--remove', 'web', '--name', 'front'])).out).toBe('front: no tags\n');
    expect(last()).toEqual({ call: `PATCH ${path}`, body: { tags: [], name: 'front' } });
    expect((await cli(['agents', 'tag', 'web1'])).code).toBe(2);
  });

  test('are revoked and removed', async () => {
    api.answer(`POST ${path}/revoke`, { body: someAgent({ status: 'Revoked' }) });
    api.answer(`DELETE ${path}`, deleted);
    expect((await cli(['agents', 'revoke', 'web1'])).out).toBe('web1 is revoked.\n');
    expect((await cli(['agents', 'remove', 'web1'])).out).toBe('web1 is removed.\n');
    expect(JSON.parse((await cli(['agents', 'remove', 'web1', '--json'])).out)).toMatchObject({ removed: true });
  });
});

describe('tasks', () => {
  const path = `/api/v1/tasks/${someTask().id}`;

  test('tell when they fire next, and what a schedule would do', async () => {
    const items = [
      { at: '2026-12-24T08:00:00.000Z', skipped: null },
      { at: '2026-12-25T08:00:00.000Z', skipped: 'the excluded date 2026-12-25' },
    ];
    api.answer(`GET ${path}/firings`, { body: { items } });
    api.answer('POST /api/v1/schedules/preview', { body: { items: items.slice(0, 1) } });
    expect((await cli(['tasks', 'next', someTask().id, '--count', '2'])).out).toMatch(
      /^2026-12-24 \S+.*\n2026-12-25 \S+.* {2}skipped: the excluded date 2026-12-25\n$/,
    );
    expect(last().call).toBe(`GET ${path}/firings`);
    expect((await cli(['tasks', 'next', '--cron', '0 9 * * *', '--time-zone', 'Europe/Berlin'])).out).toMatch(/^2026-12-24 /);
    expect(last().body).toMatchObject({ type: 'Scheduled', cron: '0 9 * * *', timeZone: 'Europe/Berlin' });
    await cli(['tasks', 'next', '--every', '90s']);
    expect(last().body).toEqual({ type: 'Interval', everySeconds: 90, count: 10 });
    const calendar = ['--until', '2027-01-01T00:00:00Z', '--exclude-date', '2026-12-25', '--blackout', 'Fri 12:00-24:00'];
    await cli(['tasks', 'next', '--cron', '@daily', ...calendar]);
    expect(last().body).toMatchObject({
      cron: '@daily',
      endsAt: '2027-01-01T00:00:00Z',
      excludeDates: ['2026-12-25'],
      blackout: ['Fri 12:00-24:00'],
    });
    const both = await cli(['tasks', 'next', someTask().id, '--blackout', 'Fri 12:00-24:00']);
    expect(both).toMatchObject({ code: 2, err: expect.stringContaining('--blackout') });
    for (const given of [[], [someTask().id, '--cron', '@daily']])
      expect(await cli(['tasks', 'next', ...given])).toMatchObject({
        code: 2,
        err: expect.stringContaining('Name a task, or give --cron'),
      });
  });

  test('are made with a schedule', async () => {
    const made = someTask({ type: 'Interval', everySeconds: 300, status: 'active', nextFireAt: '2026-01-05T12:05:10.000Z' });
    api.answer('POST /api/v1/tasks', { status: 201, body: { task: made, run: null } });
    const { out, err } = await cli([
      'tasks',
      'create',
      '--on',
      'ALL',
      '--plugin',
      'shell',
      '--args',
      '["date"]',
      '--every',
      '5m',
    ]);
    expect([out, err]).toEqual([`${made.id}\n`, 'It fires every 5 min, next in 5 min.\n']);
    expect(last().body).toEqual({ owner: 'ALL', plugin: 'shell', args: ['date'], type: 'Interval', everySeconds: 300 });
    await cli([
      'tasks',
      'create',
      '--owner',
      'ALL',
      '--plugin',
      'shell',
      '--cron',
      '@daily',
      '--time-zone',
      'UTC',
      '--overlap',
      'parallel',
    ]);
    expect(last().body).toEqual({
      owner: 'ALL',
      plugin: 'shell',
      type: 'Scheduled',
      cron: '@daily',
      timeZone: 'UTC',
      overlap: 'parallel',
    });
  });

  test('are paused, resumed, run and deleted', async () => {
    api.answer(`POST ${path}/pause`, { body: someTask({ status: 'paused' }) });
    api.answer(`POST ${path}/resume`, { body: someTask({ status: 'active', nextFireAt: '2026-01-05T12:05:10.000Z' }) });
    api.answer(`POST ${path}/run`, { status: 201, body: someRun() });
    api.answer(`GET ${path}`, { body: someTask() });
    api.answer(`DELETE ${path}`, deleted);
    const { id } = someTask();
    expect((await cli(['tasks', 'pause', id])).out).toBe('shell.main: paused\n');
    expect((await cli(['tasks', 'resume', id])).out).toBe('shell.main: active, fires in 5 min\n');
    expect((await cli(['tasks', 'run', id, '--no-wait'])).out).toBe(`${someRun().id}\n`);
    expect((await cli(['tasks', 'delete', id])).out).toBe(`${id} is deleted.\n`);
  });
});

test('runs are cancelled and retried, executions cancelled, by their ids', async () => {
  const { id } = someRun();
  api.answer(`POST /api/v1/runs/${id}/cancel`, { body: someRun({ state: 'active', open: 1 }) });
  api.answer(`POST /api/v1/runs/${id}/retry`, { status: 201, body: someRun({ total: 3 }) });
  api.answer(`POST /api/v1/executions/${someExecution().id}/cancel`, { body: someExecution({ state: 'cancelling' }) });
  expect((await cli(['cancel', id])).out).toBe(`${id}: cancelling\n`);
  expect((await cli(['runs', 'cancel', id])).out).toBe(`${id}: cancelling\n`);
  expect((await cli(['runs', 'retry', id])).out).toBe(`${id}\n`);
  expect((await cli(['runs', 'retry', id, '--only', 'failed'])).out).toBe(`${id} (3 hosts)\n`);
  expect(last().body).toEqual({ only: 'failed' });
  expect((await cli(['cancel', someExecution().id])).out).toBe(`${someExecution().id}: cancelling\n`);
  api.answer(`POST /api/v1/runs/${id}/cancel`, problem('state_conflict', 'The run is final already.'));
  expect((await cli(['cancel', id])).code).toBe(2);
});

describe('join tokens', () => {
  test('are printed as the exact line to run on the other host', async () => {
    const token = `mjt_${'a'.repeat(43)}.${'b'.repeat(32)}`;
    api.answer('POST /api/v1/join-tokens', { status: 201, body: { ...someJoinToken, token } });
    const { out, err } = await cli([
      'join-token',
      'create',
      '--tags',
      'web,env=prod',
      '--uses',
      '3',
      '--expires-in',
      '1h',
      '--name',
      'x',
    ]);
    expect(out).toBe(`npx muster agent --server ${api.url} --join-token ${token}\n`);
    expect(err).toContain('is reached from this host alone');
    expect(last().body).toEqual({ maxUses: 3, expiresInSeconds: 3600, agentName: 'x', tags: ['web', 'env=prod'] });
    expect(JSON.parse((await cli(['join-token', 'create', '--json'])).out)).toMatchObject({ token, command: out.trim() });
  });

  test('are revoked', async () => {
    api.answer('DELETE /api/v1/join-tokens/jtk_1', deleted);
    expect((await cli(['join-token', 'revoke', 'jtk_1'])).out).toBe('jtk_1 is revoked.\n');
  });
});

describe('API tokens', () => {
  test('are printed alone, for a variable of a script', async () => {
    api.answer('POST /api/v1/tokens', { status: 201, body: { ...someApiToken, token: 'mst_x' } });
    const { out, err } = await cli(['token', 'create', '--name', 'ci', '--role', 'viewer', '--expires-in', '30d']);
    expect(out).toBe('mst_x\n');
    expect(err).toContain('It is shown only now.');
    expect(last().body).toEqual({ name: 'ci', role: 'viewer', expiresInSeconds: 2_592_000 });
  });

  test('are revoked', async () => {
    api.answer('DELETE /api/v1/tokens/tok_1', deleted);
    expect((await cli(['token', 'revoke', 'tok_1'])).out).toBe('tok_1 is revoked.\n');
  });
});
