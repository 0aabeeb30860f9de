import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cliWith } from '../tests/support/cli.ts';
import { closedUrl } from '../tests/support/closed-port.ts';
import { pageOf, problem, type StubApi, startStubApi } from '../tests/support/stub-api.ts';

let api: StubApi;
let cwd: string;
let cli: ReturnType<typeof cliWith>;

beforeAll(async () => {
  api = await startStubApi({ 'GET /api/v1/agents': pageOf(), 'GET /api/v1/tasks': pageOf() });
  cli = cliWith(api);
  cwd = mkdtempSync(join(tmpdir(), 'muster-cli-'));
});
afterAll(async () => {
  await api.stop();
  rmSync(cwd, { recursive: true, force: true });
});

describe('a command line that is wrong', () => {
  test.each([
    [['agnets'], /Unknown command 'agnets'.*Did you mean agents\?/],
    [
      ['agents', 'shwo'],
      /`muster agents` has no command 'shwo'. Did you mean show\?\nIt has list, show, tag, revoke, remove, update, versions, updates\./,
    ],
    [['agents', 'updates', 'pasue'], /`muster agents updates` has no command 'pasue'. Did you mean pause\?/],
    [['agents', '--limt', '3'], /Unknown option '--limt'.*Did you mean --limit\?/],
    [['agents', '--limit', 'many'], /'--limit <count>' argument 'many' is invalid\. Use a whole number/],
    [['agents', '--limit'], /'--limit <count>' argument missing/],
    [['agents', '--status', 'online'], /'--status <status>' argument 'online' is invalid\. Allowed choices are Online, Idle/],
    [['agents', 'show'], /Missing required argument 'agent'/],
    [['token', 'create'], /Required option '--name <text>' not specified/],
    [['tasks', 'create', '--on', 'ALL', '--args', '{a}'], /'--args <json>' argument '\{a\}' is invalid\. It is not valid JSON/],
    [
      ['tasks', 'create', '--on', 'ALL', '--every', '5m', '--cron', '* * * * *'],
      /'--every <seconds>' cannot be used with option '--cron/,
    ],
    [['tasks', 'create', '--on', 'ALL'], /Name the plugin with --plugin/],
    [['run', '--timeout', 'soon', '--', 'ls'], /'--timeout <seconds>' argument 'soon' is invalid\. Use seconds, or a duration/],
    [['run', '--env', 'X', '--', 'ls'], /'--env <NAME=VALUE>' argument 'X' is invalid\. Use NAME=VALUE/],
    [['run', 'uname', '-a'], /Unknown option '-a'\.\nPut the command line after --/],
    [['run'], /There is nothing to run: put a command line after --/],
    [['run', '--plugin', 'x', '--args', '[]', '--', 'a'], /Give the arguments with --args or after --, not both/],
    [['cancel', 'tsk_1'], /neither a run \(run_…\) nor an execution/],
    [['server', '--prot', '1'], /Unknown option '--prot'.*Did you mean --port\?/],
    [['agents', '--server', 'localhost'], /--server must be a URL that begins with http/],
    [['agents', '--token', 'a b'], /What --token holds is not a token/],
  ])('%j is told what to do, on the standard error alone', async (args, words) => {
    const { code, out, err } = await cli(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(words);
  });

  test('is told as JSON to a program', async () => {
    const { code, out, err } = await cli(['agents', '--limt', '3', '--json']);
    expect([code, out]).toEqual([2, '']);
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'usage', message: expect.stringContaining('--limt') } });
  });
});

describe('help', () => {
  test('of everything, of a group and of one command goes to the standard output', async () => {
    for (const args of [['--help'], ['agents', '--help'], ['run', '--help'], ['help', 'run'], ['server', '--help']]) {
      const { code, out, err } = await cli(args);
      expect([code, err]).toEqual([0, '']);
      expect(out).toMatch(/^Usage: muster/);
    }
  });

  test('has what is special about a command before what every command has', async () => {
    for (const args of [['run'], ['tasks', 'list'], ['agents', 'tag'], ['doctor']]) {
      const { out } = await cli([...args, '--help']);
      expect(out.indexOf('\nOptions:')).toBeGreaterThan(0);
      expect(out.indexOf('\nFor every command:')).toBeGreaterThan(out.indexOf('\nOptions:'));
    }
  });

  test('without a command goes to the standard error, because nothing was done', async () => {
    const { code, out, err } = await cli([]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^Usage: muster/);
  });

  test('of the server has every setting with its variable and default', async () => {
    expect((await cli(['server', '--help'])).out).toMatch(/--port <number> +Port for [^(]+\(MUSTER_PORT; default: 8000\)/);
  });
});

describe('options of every command', () => {
  const groups = {
    agents: 'list show tag revoke remove',
    tasks: 'list create show run pause resume delete',
    runs: 'list show cancel retry',
    executions: 'list show',
    plugins: 'list show check push delete',
    'join-token': 'list create revoke',
    token: 'list create revoke',
  };
  const commands = [
    ...['server', 'agent', 'run', 'logs', 'cancel', 'doctor'].map((name) => [name]),
    ...Object.entries(groups).flatMap(([group, names]) => [[group], ...names.split(' ').map((name) => [group, name])]),
  ];

  test.each(commands)('%s %s knows --json', async (...command) => {
    expect((await cli([...command.filter((word) => typeof word === 'string'), '--help'])).out).toMatch(/^ {2}--json /m);
  });

  test('may stand before, between and after', async () => {
    const other = await startStubApi({ 'GET /api/v1/agents': pageOf() });
    try {
      for (const args of [
        ['--server', other.url, '--json', 'agents', 'list'],
        ['agents', '--server', other.url, '--json', 'list'],
        ['agents', 'list', '--server', other.url, '--json'],
        ['agents', '--json', '--server', other.url],
      ]) {
        expect(JSON.parse((await cli(args)).out)).toEqual({ items: [], next: null });
      }
      expect(other.requests).toHaveLength(4);
    } finally {
      await other.stop();
    }
  });
});

describe('a server that does not let one in', () => {
  test('tells where a token was looked for', async () => {
    const { code, err } = await cli(['agents'], { cwd, env: { MUSTER_TOKEN: '' } });
    expect(code).toBe(2);
    expect(err).toContain(`there is none in MUSTER_TOKEN and no ${join(cwd, 'data', 'admin.token')}`);
    expect(err).toContain('npx muster token create');
  });

  test('tells which token it does not know', async () => {
    const { err } = await cli(['agents'], { env: { MUSTER_TOKEN: 'wrong' } });
    expect(err).toContain('does not know the token of MUSTER_TOKEN');
  });

  test('tells what the role lacks', async () => {
    api.answer('GET /api/v1/tokens', problem('forbidden', 'This needs the permission tokens.manage.'));
    const { code, err } = await cli(['token']);
    expect([code, err]).toEqual([2, 'muster: This needs the permission tokens.manage. (forbidden)\n']);
  });

  test('that is not there is told with what to do, also as JSON', async () => {
    const { code, out, err } = await cli(['agents', '--json', '--server', await closedUrl()]);
    expect([code, out]).toEqual([2, '']);
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'server_unreachable' } });
  });
});

test('a refused field is named by the flag it came from, each of several on its line', async () => {
  api.answer('POST /api/v1/tasks', problem('owner_unknown', 'owner: There is no agent "nope".', { field: 'owner' }));
  expect((await cli(['run', '--on', 'nope', '--', 'ls'])).err).toBe('muster: --on: There is no agent "nope". (owner_unknown)\n');
  const issues = [
    { field: 'args.seconds', message: 'It is missing.' },
    { field: 'retries.count', message: 'Expected at most 100.' },
  ];
  api.answer('POST /api/v1/tasks', problem('args_invalid', 'Two are wrong.', { field: 'args.seconds', issues }));
  expect((await cli(['run', '--plugin', 'sleep'])).err).toBe(
    'muster: Several fields are not valid (args_invalid):\n  --args: It is missing.\n  --retries: Expected at most 100.\n',
  );
});
