import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { someExecution, someFolded, someGroup, someRun, someTask } from '../../tests/support/api-shapes.ts';
import { cliWith } from '../../tests/support/cli.ts';
import { eventually } from '../../tests/support/eventually.ts';
import { pageOf, problem, type StubApi, startStubApi } from '../../tests/support/stub-api.ts';

const active = someRun({ state: 'active', open: 1, counts: { queued: 1 }, finishedAt: null });
const runPath = `/api/v1/runs/${active.id}`;
const executionPath = `/api/v1/executions/${someExecution().id}`;
const logPath = `${executionPath}/log`;
const at = '2026-01-05T12:00:00.000Z';

let api: StubApi;
let cli: ReturnType<typeof cliWith>;

/** A server on which one host does the work. */
beforeEach(async () => {
  api = await startStubApi({
    'POST /api/v1/tasks': { status: 201, body: { task: someTask(), run: active } },
    [`GET ${runPath}`]: { body: someRun() },
    [`GET ${runPath}/executions`]: pageOf(someExecution()),
    [`GET ${runPath}/folded`]: { body: someFolded() },
    [`GET ${executionPath}`]: { body: someExecution() },
    [`GET ${logPath}`]: log(['out', 'Linux\n']),
  });
  cli = cliWith(api);
});
afterEach(() => api.stop());

/** The whole log, in one slice. */
function log(...texts: [stream: string, text: string][]) {
  let next = 0;
  const chunks = texts.map(([stream, text]) => {
    const offset = next;
    next += Buffer.byteLength(text);
    return { offset, stream, at, text };
  });
  return { body: { executionId: someExecution().id, chunks, next, size: next, complete: true } };
}

const posted = (): unknown => api.requests.find(({ method }) => method === 'POST')?.body;

describe('what is asked of the server', () => {
  test('by words is a command line for Anyone', async () => {
    await cli(['run', '--', 'echo', 'a b']);
    const line = 'echo "a b"';
    expect(posted()).toEqual({ name: line, owner: 'Anyone', plugin: 'shell', args: { command: line }, type: 'Adhoc' });
  });

  test('by words for a plugin are its positional arguments', async () => {
    await cli(['run', '--plugin', 'create_incident', '--', 'P1', 'Disk full']);
    expect(posted()).toEqual({ owner: 'Anyone', plugin: 'create_incident', args: ['P1', 'Disk full'], type: 'Adhoc' });
  });

  test('by flags has the fields of the API, and no others', async () => {
    const flags = '--on tag:web --plugin sleep --action nap --name n --timeout 1m --grace 5 --if-offline skip --expires-after 2h';
    const more = '--retries 2 --retry-delay 10 --idempotent --output-limit 4096 --env A=1 --env B=x=y';
    await cli(['run', ...`${flags} ${more}`.split(' '), '--args', '{"seconds":1}']);
    expect(posted()).toEqual({
      owner: 'tag:web',
      plugin: 'sleep',
      action: 'nap',
      args: { seconds: 1 },
      type: 'Adhoc',
      name: 'n',
      env: { A: '1', B: 'x=y' },
      timeoutSeconds: 60,
      graceSeconds: 5,
      ifOffline: 'skip',
      expiresAfter: 7200,
      retries: { count: 2, delaySeconds: 10 },
      idempotent: true,
      outputLimitBytes: 4096,
    });
  });

  test('by flags bounds what the work uses of its host', async () => {
    await cli(['run', ...'--memory 512 --cpu 150 --nice 10 --open-files 64 --processes 20 -- make'.split(' ')]);
    const limits = { memoryMb: 512, cpuPercent: 150, nice: 10, openFiles: 64, processes: 20 };
    expect(posted()).toMatchObject({ args: { command: 'make' }, limits });
    const wrong = await cli(['run', '--memory', '1', '--', 'make']);
    expect([wrong.code === 0, wrong.err]).toEqual([false, expect.stringContaining('--memory')]);
  });
});

describe('one execution', () => {
  test('shows its output as it is, errors on the standard error, and its end as a message', async () => {
    api.answer(`GET ${logPath}`, log(['out', 'one\n'], ['err', 'oops\n'], ['out', 'two\n']));
    expect(await cli(['run', '--', 'x'])).toEqual({ code: 0, out: 'one\ntwo\n', err: 'oops\nweb1: succeeded after 35 ms\n' });
  });

  test('is followed from where the log ended before', async () => {
    const chunks = ['a', 'b', 'c'].map((text, offset) => ({ offset, stream: 'out', at, text }));
    api.answer(`GET ${logPath}`, ({ query }) => {
      const from = Number(query.offset);
      const next = Math.min(3, from + 1);
      return { body: { executionId: 'x', chunks: chunks.slice(from, next), next, size: next, complete: from >= 3 } };
    });
    expect((await cli(['run', '--', 'x'])).out).toBe('abc');
    expect(api.requests.filter(({ path }) => path === logPath).map(({ query }) => query.offset)).toEqual(['0', '1', '2', '3']);
  });

  test('that fails says why, and so does the exit code', async () => {
    const message = 'The program ended with exit code 3.';
    api.answer(`GET ${runPath}`, { body: someRun({ state: 'failed', counts: { failed: 1 } }) });
    api.answer(`GET ${executionPath}`, { body: someExecution({ state: 'failed', reason: 'exit_code', exitCode: 3, message }) });
    api.answer(`GET ${logPath}`, log());
    expect(await cli(['run', '--', 'x'])).toEqual({ code: 1, out: '', err: `web1: failed after 35 ms: ${message}\n` });
  });

  test('without output gives its data', async () => {
    api.answer(`GET ${logPath}`, log());
    api.answer(`GET ${executionPath}`, { body: someExecution({ data: { n: 1 }, message: 'Done.' }) });
    const { out, err } = await cli(['run', '--plugin', 'x']);
    expect([JSON.parse(out), err]).toEqual([{ n: 1 }, 'web1: succeeded after 35 ms: Done.\n']);
  });

  test('is followed across a restart of the server', async () => {
    let looks = 0;
    api.answer(`GET ${logPath}`, () => {
      looks += 1;
      if (looks === 1) return problem('server_stopping', 'The server is stopping.');
      return looks === 2 ? 'hang up' : log(['out', 'still here\n']);
    });
    const { code, out, err } = await cli(['run', '--', 'x']);
    expect([code, out]).toEqual([0, 'still here\n']);
    expect(err).toMatch(/^The server is away; waiting for it to come back…\n/);
  });
});

test('several executions are waited for and shown folded', async () => {
  const groups = [
    someGroup({ hosts: 'db1', state: 'failed', exitCode: 1, message: '', output: 'no\n' }),
    someGroup({ hosts: 'web[1-2]', count: 2 }),
  ];
  const counts = { failed: 1, succeeded: 2 };
  api.answer('POST /api/v1/tasks', { status: 201, body: { task: someTask(), run: { ...active, total: 3, open: 3 } } });
  api.answer(`GET ${runPath}`, { body: someRun({ state: 'failed', total: 3, counts }) });
  api.answer(`GET ${runPath}/folded`, { body: someFolded({ state: 'failed', total: 3, groups }) });
  expect(await cli(['run', '--on', 'ALL', '--', 'uname'])).toEqual({
    code: 1,
    out: 'db1: failed: exit code 1\n  no\nweb[1-2] (2): Linux\n',
    err: '',
  });
});

test('--json prints one document with task, run and results, and nothing else', async () => {
  const { code, out, err } = await cli(['run', '--json', '--', 'uname']);
  expect([code, err]).toEqual([0, '']);
  expect(JSON.parse(out)).toEqual({ task: someTask(), run: someRun(), groups: [someGroup()] });
});

test('--no-wait prints the id of the run and returns', async () => {
  expect(await cli(['run', '--no-wait', '--', 'x'])).toEqual({ code: 0, out: `${active.id}\n`, err: '' });
  expect(api.requests).toHaveLength(1);
});

describe('Ctrl-C', () => {
  beforeEach(() => {
    // it runs until it is cancelled
    let cancelled = false;
    api.answer(`POST ${runPath}/cancel`, () => {
      cancelled = true;
      return { body: active };
    });
    api.answer(`GET ${logPath}`, async () => {
      if (!cancelled) await new Promise((resolve) => setImmediate(resolve));
      return { body: { executionId: 'x', chunks: [], next: 0, size: 0, complete: cancelled } };
    });
    api.answer(`GET ${runPath}`, () => ({
      body: cancelled ? someRun({ state: 'cancelled', counts: { cancelled: 1 } }) : active,
    }));
    api.answer(`GET ${executionPath}`, {
      body: someExecution({ state: 'cancelled', reason: 'cancel_requested', message: 'Cancelled on request.' }),
    });
  });
  const following = (): Promise<void> =>
    eventually('the log is followed', () => api.requests.some(({ path }) => path === logPath));

  test('cancels the run and waits for its end', async () => {
    const end = cli(['run', '--', 'sleep 100']);
    await following();
    end.interrupt();
    const { code, err } = await end;
    expect(code).toBe(130);
    expect(err).toMatch(/^Cancelling run_.*\nweb1: cancelled after 35 ms: Cancelled on request\.\n$/);
  });

  test('leaves the run alone the second time', async () => {
    api.answer(`POST ${runPath}/cancel`, { body: active });
    const end = cli(['run', '--', 'sleep 100']);
    await following();
    end.interrupt();
    end.interrupt();
    const { code, err } = await end;
    expect(code).toBe(130);
    expect(err).toMatch(/Left run_.* as it is; `muster runs show run_/);
  });
});
