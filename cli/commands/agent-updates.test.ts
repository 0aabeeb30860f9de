import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { someHostUpdate, someUpdate } from '../../tests/support/api-shapes.ts';
import { cliWith } from '../../tests/support/cli.ts';
import { pageOf, problem, type StubApi, startStubApi } from '../../tests/support/stub-api.ts';

const path = '/api/v1/agent-updates';
const { id } = someUpdate();
let api: StubApi;
let cli: ReturnType<typeof cliWith>;

beforeEach(async () => {
  api = await startStubApi();
  cli = cliWith(api);
});
afterEach(() => api.stop());

const last = () => {
  const { method, path: asked, body } = api.requests.at(-1) ?? {};
  return { call: `${method} ${asked}`, body };
};

test('an update begins with what was asked for, and with defaults of the server for the rest', async () => {
  api.answer(`POST ${path}`, { status: 201, body: someUpdate() });
  const { out, err } = await cli(['agents', 'update']);
  expect([out, err]).toEqual([`${id}\n`, '3 hosts in 2 waves. `muster agents updates watch` shows how it goes.\n']);
  expect(last().body).toEqual({});
  const chosen = ['--on', 'tag:web', '--canary', 'web1', '--shares', '5%,100', '--at-once', '3', '--max-errors', '2', '--drain'];
  await cli(['agents', 'update', ...chosen, '--drain-after', '1m', '--healthy-within', '90', '--pause', '1h']);
  expect(last().body).toEqual({
    target: 'tag:web',
    canary: 'web1',
    shares: [5, 100],
    atOnce: 3,
    maxErrors: 2,
    mode: 'drain',
    drainAfterSeconds: 60,
    healthySeconds: 90,
    pauseSeconds: 3600,
  });
  await cli(['agents', 'update', '--shares', 'none', '--now']);
  expect(last().body).toEqual({ shares: [], mode: 'now' });
  expect(await cli(['agents', 'update', '--now', '--drain'])).toMatchObject({ code: 2, err: expect.stringContaining('--now') });
});

test('what the server refuses names the flag', async () => {
  api.answer(`POST ${path}`, problem('owner_unknown', 'There is no agent "x".', { field: 'canary' }));
  expect(await cli(['agents', 'update', '--canary', 'x'])).toMatchObject({ code: 2, err: expect.stringContaining('--canary') });
});

test('updates are listed and shown, the latest by default', async () => {
  api.answer(`GET ${path}`, pageOf(someUpdate()));
  api.answer(`GET ${path}/${id}`, { body: someUpdate() });
  expect((await cli(['agents', 'updates'])).out).toMatch(/^upd_0+1 +running +0\.2\.0 +1\/3 +0 +ALL +token:admin +10 s ago$/m);
  for (const args of [[], [id]]) {
    const { out } = await cli(['agents', 'updates', 'show', ...args]);
    expect(out).toMatch(/^why +Wave 1 of 2 \(Canary\) is under way\.$/m);
    expect(out).toMatch(/^ +2 +All +2 +– +2 waiting$/m);
  }
  const failed = someHostUpdate({ state: 'failed', message: 'The download was altered.' });
  api.answer(`GET ${path}/${id}/hosts`, pageOf(failed));
  expect((await cli(['agents', 'updates', 'hosts', '--state', 'failed'])).out).toMatch(
    /^web1 +1 +failed +0\.2\.0 +10 s ago +The download was altered\.$/m,
  );
});

test('an update is paused, resumed and ended, the latest by default', async () => {
  api.answer(`GET ${path}`, pageOf(someUpdate()));
  for (const [change, state] of [
    ['pause', 'paused'],
    ['resume', 'running'],
    ['end', 'ended'],
  ] as const) {
    // biome-ignore format: a table
    api.answer(`POST ${path}/${id}/${change}`, { body: someUpdate({ state }) });
    expect((await cli(['agents', 'updates', change])).out).toBe(`${id}: ${state}\n`);
  }
  api.answer(`GET ${path}`, pageOf());
  expect(await cli(['agents', 'updates', 'pause'])).toMatchObject({ code: 2, err: expect.stringContaining('no update yet') });
});

test('one that is watched ends with what became of it', async () => {
  api.answer(`POST ${path}`, { status: 201, body: someUpdate() });
  const ends = [
    [someUpdate({ state: 'done', reason: 'Every wave is over.', counts: { healthy: 3 } }), 0, 'Every wave is over.\ndone: 3 healthy\n'],
    [someUpdate({ state: 'done', reason: 'Over.', counts: { healthy: 2, failed: 1 } }), 1, 'done: 2 healthy, 1 failed\n'],
    [someUpdate({ state: 'paused', reason: '1 host failed.', counts: { rolled_back: 1, waiting: 2 } }), 1, 'paused: 2 waiting, 1 rolled back\n'],
  ] as const; // biome-ignore format: a table
  for (const [update, code, said] of ends) {
    api.answer(`GET ${path}/${id}`, { body: update });
    expect(await cli(['agents', 'update', '--watch'])).toMatchObject({ code, err: expect.stringContaining(said) });
  }
});

test('versions are counted', async () => {
  const versions = [{ version: '0.2.0', commit: 'c0ffee', count: 12, isOffered: true }, { version: '0.1.0', commit: null, count: 3, isOffered: false }]; // biome-ignore format: a table
  api.answer('GET /api/v1/agent-versions', { body: { offered: { version: '0.2.0', commit: 'c0ffee' }, versions } });
  const { out, err } = await cli(['agents', 'versions']);
  expect(out).toMatch(/^0\.2\.0 +c0ffee +12 +yes\n0\.1\.0 +– +3$/m);
  expect(err).toBe('The server hands out 0.2.0 (c0ffee).\n');
});
