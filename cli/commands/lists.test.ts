import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  someAgent,
  someApiToken,
  someExecution,
  someFolded,
  someGroup,
  someJoinToken,
  somePlugin,
  someRun,
  someTask,
} from '../../tests/support/api-shapes.ts';
import { cliWith } from '../../tests/support/cli.ts';
import { pageOf, type StubApi, startStubApi, stubToken } from '../../tests/support/stub-api.ts';

const lists = {
  agents: { path: '/api/v1/agents', item: someAgent(), row: /^web1 +Online +0\/10 +– +– +0\.1\.0 +linux x64 +web +10 s ago$/m },
  tasks: { path: '/api/v1/tasks', item: someTask(), row: /^tsk_0+1 +done +shell\.main +Anyone +shell +once +–$/m },
  runs: { path: '/api/v1/runs', item: someRun(), row: /^run_0+1 +succeeded +shell\.main +Anyone +1\/1 +adhoc +10 s ago$/m },
  executions: {
    path: '/api/v1/executions',
    item: someExecution(),
    row: /^exe_0+1 +succeeded +web1 +shell\.main +35 ms +10 s ago$/m,
  },
  plugins: { path: '/api/v1/plugins', item: somePlugin(), row: /^hello +1\.0\.0 +python +main +2 +pushed +Greets\.$/m },
  'join-token': { path: '/api/v1/join-tokens', item: someJoinToken, row: /^jtk_0+1 +valid +0\/1 +in 23 h +– +– +token:admin$/m },
  token: { path: '/api/v1/tokens', item: someApiToken, row: /^tok_0+1 +ci +operator +valid +– +never +token:admin$/m },
} as const;

let api: StubApi;
let cli: ReturnType<typeof cliWith>;

beforeAll(async () => {
  api = await startStubApi();
  cli = cliWith(api);
});
afterAll(() => api.stop());

describe.each(Object.entries(lists))('muster %s', (command, { path, item, row }) => {
  test('lists as a table', async () => {
    api.answer(`GET ${path}`, pageOf(item));
    for (const args of [[command], [command, 'list']]) {
      const { code, out, err } = await cli(args);
      expect([code, err]).toEqual([0, '']);
      expect(out).toMatch(row);
    }
  });

  test('lists as JSON', async () => {
    api.answer(`GET ${path}`, pageOf(item));
    for (const args of [[command], [command, 'list']]) {
      const { code, out, err } = await cli([...args, '--json', '--token', stubToken]);
      expect([code, err]).toEqual([0, '']);
      expect(JSON.parse(out)).toMatchObject({ items: [{}], next: null });
      // what every command takes is not asked of the server
      expect(Object.keys(api.requests.at(-1)?.query ?? {})).toEqual(['limit']);
    }
  });

  test('says in a message that there is nothing, and prints nothing', async () => {
    api.answer(`GET ${path}`, pageOf());
    const { code, out, err } = await cli([command]);
    expect([code, out]).toEqual([0, '']);
    expect(err).toMatch(/^No .*\.\n$/);
  });
});

test('filters become the query of the API', async () => {
  const asked = async (...args: string[]): Promise<unknown> => {
    await cli(args);
    return api.requests.at(-1)?.query;
  };
  expect(await asked('agents', '--on', 'tag:web & os:linux', '--status', 'Idle')).toEqual({
    target: 'tag:web & os:linux',
    status: 'Idle',
    limit: '50',
  });
  expect(await asked('runs', '--task', 't', '--state', 'failed', '--plugin', 'p', '--limit', '5')).toEqual({
    taskId: 't',
    state: 'failed',
    plugin: 'p',
    limit: '5',
  });
  expect(await asked('executions', '--run', 'r', '--task', 't', '--agent', 'a', '--state', 'lost')).toEqual({
    runId: 'r',
    taskId: 't',
    agentId: 'a',
    state: 'lost',
    limit: '50',
  });
  expect(await asked('audit', '--actor', 'a', '--action', 'x.y', '--subject', 's', '--since', '24h', '--until', '1h')).toEqual({
    actor: 'a',
    action: 'x.y',
    subject: 's',
    since: '24h',
    until: '1h',
    limit: '50',
  });
  expect(await asked('tasks', '--status', 'paused', '--type', 'Scheduled', '--plugin', 'p')).toMatchObject({
    status: 'paused',
    type: 'Scheduled',
    plugin: 'p',
  });
});

describe('show', () => {
  test('of a run gives its results folded', async () => {
    const path = `/api/v1/runs/${someRun().id}`;
    api.answer(`GET ${path}`, { body: someRun() });
    api.answer(`GET ${path}/folded`, { body: someFolded() });
    const { out } = await cli(['runs', 'show', someRun().id]);
    expect(out).toMatch(/^state +succeeded$/m);
    expect(out).toMatch(/^counts +1 succeeded$/m);
    expect(out).toMatch(/\n\nweb1: Linux\n$/);
    expect(JSON.parse((await cli(['runs', 'show', someRun().id, '--json'])).out)).toMatchObject({ groups: [someGroup()] });
  });

  test('of an execution says why it has its host, and what became of each attempt', async () => {
    const assignment = {
      chosen: 'web1',
      because: 'It runs the least.',
      considered: 3,
      eligible: 1,
      notEligible: { 'not Online': 2 },
    };
    const attempt = {
      attempt: 1,
      agentId: null,
      agentName: 'web2',
      outcome: 'failed',
      reason: 'exit_code',
      message: 'exit 1',
      exitCode: 1,
    };
    const times = { offeredAt: null, startedAt: null, lateResult: null, endedAt: '2026-01-05T12:00:00.000Z' };
    const detail = someExecution({ assignment, attempts: [{ ...attempt, ...times }] });
    api.answer(`GET /api/v1/executions/${detail.id}`, { body: detail });
    const { out } = await cli(['executions', 'show', detail.id]);
    expect(out).toMatch(/^chosen +It runs the least\.\n +1 of 3 agents could take it\n +2 not: not Online$/m);
    expect(out).toMatch(/^attempts +1 {2}web2 {2}failed: exit 1$/m);
  });

  test('of a task and a plugin', async () => {
    const task = someTask({ type: 'Scheduled', cron: '0 3 * * *', timeZone: 'Europe/Berlin', status: 'active' });
    api.answer(`GET /api/v1/tasks/${task.id}`, { body: task });
    expect((await cli(['tasks', 'show', task.id])).out).toMatch(/^schedule +0 3 \* \* \* Europe\/Berlin$/m);
    api.answer('GET /api/v1/plugins/hello', { body: somePlugin() });
    expect((await cli(['plugins', 'show', 'hello'])).out).toMatch(/^platforms +every platform$/m);
  });
});
