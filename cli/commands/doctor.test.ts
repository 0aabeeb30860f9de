import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import manifest from '../../package.json' with { type: 'json' };
import { someAgent } from '../../tests/support/api-shapes.ts';
import { type CliEnd, cliWith } from '../../tests/support/cli.ts';
import { closedUrl } from '../../tests/support/closed-port.ts';
import { pageOf, type StubApi, startStubApi } from '../../tests/support/stub-api.ts';

const now = 'Mon, 05 Jan 2026 12:00:10 GMT';
let api: StubApi;
let cwd: string;

/** A server and a folder with which all is well. */
beforeEach(async () => {
  api = await startStubApi({
    'GET /readyz': { body: { status: 'ready', checks: { database: 'ok' } }, headers: { date: now } },
    'GET /api/v1/openapi.json': { body: { openapi: '3.1.0', info: { title: 'Muster', version: manifest.version } } },
    'GET /api/v1/tasks': pageOf(),
    'GET /api/v1/agents': pageOf(someAgent()),
  });
  cwd = mkdtempSync(join(tmpdir(), 'muster cli '));
  mkdirSync(join(cwd, 'data'), { mode: 0o700 });
  mkdirSync(join(cwd, 'plugins'));
  writeFileSync(join(cwd, 'plugins', 'hello.py'), 'def main(): pass');
});
afterEach(async () => {
  await api.stop();
  rmSync(cwd, { recursive: true, force: true });
});

const doctor = (env: Record<string, string> = {}, ...args: string[]): Promise<CliEnd> =>
  cliWith(api)(['doctor', ...args], { cwd, env: { MUSTER_PORT: new URL(api.url).port, ...env } });

/** `what: level` of each line */
const levels = (out: string): string[] =>
  [...out.matchAll(/^(ok|warn|fail) +(\S+(?: folder)?)/gm)].map(([, level, what]) => `${what}: ${level}`);

test('says of everything that it is well', async () => {
  const { code, out, err } = await doctor();
  expect(err).toBe('');
  expect(levels(out)).toEqual(
    [
      'node',
      'dependencies',
      'settings',
      'data folder',
      'port',
      'plugins',
      'server',
      'version',
      'clock',
      'WebSocket',
      'token',
      'agents',
    ].map((what) => `${what}: ok`),
  );
  expect(code).toBe(0);
});

test('as JSON has the same findings', async () => {
  const { out } = await doctor({}, '--json');
  expect(JSON.parse(out)).toMatchObject({
    healthy: true,
    findings: expect.arrayContaining([{ level: 'ok', what: 'token', detail: expect.any(String) }]),
  });
});

test('says what to do when there is no server', async () => {
  const { code, out } = await doctor({ MUSTER_SERVER: await closedUrl() });
  expect(code).toBe(1);
  expect(out).toMatch(
    /fail {2}server +There is no answer from http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\)\.\n +→ Start it with `npm start`/,
  );
  expect(levels(out)).not.toContain('token: fail');
});

test('looks at the server alone when that is elsewhere', async () => {
  const { out } = await doctor({ MUSTER_SERVER: 'http://muster.invalid:8000' });
  expect(levels(out)).toEqual(['node: ok', 'dependencies: ok', 'server: fail']);
});

test('names what is wrong with the server, its version, its clock and the token', async () => {
  api.answer('GET /readyz', {
    status: 503,
    body: { status: 'not_ready', checks: { database: 'failed' } },
    headers: { date: 'Mon, 05 Jan 2026 12:05:10 GMT' },
  });
  api.answer('GET /api/v1/openapi.json', { body: { info: { title: 'Muster', version: '9.9.9' } } });
  const { code, out } = await doctor({ MUSTER_TOKEN: 'wrong' });
  expect(code).toBe(1);
  expect(out).toMatch(/fail +server +.* is not ready: database failed\./);
  expect(out).toMatch(/warn +version +The server is 9\.9\.9, this command /);
  expect(out).toMatch(/warn +clock +The clock of the server is 300 s ahead\./);
  expect(out).toMatch(/fail +token +.* does not know the token of MUSTER_TOKEN/);
});

test('finds a proxy that lets pages through, but no agents', async () => {
  api.greetAgents(undefined);
  const { code, out } = await doctor();
  expect(code).toBe(1);
  expect(out).toMatch(
    /fail +WebSocket +http:.* does not answer agents over WebSocket: the upgrade was refused\.\n +→ If a proxy is in front/,
  );
  api.greetAgents({ type: 'something else' });
  expect((await doctor()).out).toContain('what answers is not Muster');
});

test('looks at the public URL that join commands hold', async () => {
  expect((await doctor({ MUSTER_PUBLIC_URL: api.url })).out).toMatch(/ok +public URL +http:/);
  const { code, out } = await doctor({ MUSTER_PUBLIC_URL: await closedUrl() });
  expect(code).toBe(1);
  expect(out).toMatch(/fail +public URL +MUSTER_PUBLIC_URL is http:.*, and no Muster answers there/);
});

test('warns when no agent is connected', async () => {
  api.answer('GET /api/v1/agents', pageOf(someAgent({ connected: false, status: 'Offline' })));
  const { code, out } = await doctor();
  expect([code, out]).toEqual([
    0,
    expect.stringMatching(/warn +agents +None of 1 is connected\.\n +→ .*npx muster join-token create/),
  ]);
});

test('names who has taken the port', async () => {
  const other = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  try {
    const { code, out } = await doctor({ MUSTER_PORT: String(port) });
    expect(code).toBe(1);
    const who = process.platform === 'linux' ? `.+ \\(process ${process.pid}\\)` : 'another program';
    expect(out).toMatch(new RegExp(`fail +port +${port} on 127\\.0\\.0\\.1 is taken by ${who}\\.\\n +→ End it, or choose`));
  } finally {
    await new Promise((resolve) => other.close(resolve));
  }
});

test('knows the port of a server on this host, also when it is asked about another one', async () => {
  const { code, out } = await doctor({ MUSTER_SERVER: await closedUrl() });
  expect(code).toBe(1);
  expect(out).toMatch(/ok +port +\d+ on 127\.0\.0\.1 is that of the server/);
  expect(out).toMatch(/fail +server +There is no answer/);
});

test('looks into the folders', async () => {
  chmodSync(join(cwd, 'data'), 0o755);
  mkdirSync(join(cwd, 'plugins', 'broken'));
  const { code, out } = await doctor();
  expect(code).toBe(0);
  expect(out).toMatch(/warn +data folder +Others on this host can look into .*\(mode 755\)\.\n +→ chmod 700 '/);
  expect(out).toMatch(/warn +plugins +broken: There is no plugin\.json in the folder\./);
  const without = await doctor({ MUSTER_PLUGINS_DIR: 'nowhere', MUSTER_DATA_DIR: join('plugins', 'hello.py') });
  expect(without.code).toBe(1);
  expect(without.out).toMatch(/fail +plugins +.*nowhere cannot be read \(ENOENT\)/);
  expect(without.out).toMatch(/fail +data folder +.*hello\.py is no folder/);
});

test('names settings that are wrong or mean nothing', async () => {
  const wrong = await doctor({ MUSTER_LEASE_SECONDS: 'soon' });
  expect([wrong.code, wrong.out]).toEqual([1, expect.stringMatching(/fail +settings +MUSTER_LEASE_SECONDS must be seconds/)]);
  const odd = await doctor({ MUSTER_PROT: '1' });
  expect(odd.out).toMatch(/warn +settings +MUSTER_PROT is not a setting of Muster/);
});
