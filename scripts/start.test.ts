import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../tests/support/eventually.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const patienceMs = 15_000;
let cwd: string;
let started: Started[];

type Started = {
  readonly process: ChildProcess;
  out(): string;
  err(): string;
  readonly ended: Promise<number | null>;
};

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'muster start '));
  mkdirSync(join(cwd, 'plugins'));
  started = [];
});
afterEach(async () => {
  for (const { process: each, ended } of started) {
    each.kill('SIGTERM');
    await ended;
  }
  rmSync(cwd, { recursive: true, force: true });
});

function run(script: string, ...args: string[]): Started {
  const child = spawn(process.execPath, [at(script), ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH ?? '' },
  });
  const texts = { out: '', err: '' };
  child.stdout.on('data', (bytes: Buffer) => {
    texts.out += bytes.toString();
  });
  child.stderr.on('data', (bytes: Buffer) => {
    texts.err += bytes.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const one: Started = { process: child, out: () => texts.out, err: () => texts.err, ended };
  started.push(one);
  return one;
}

const start = (...args: string[]): Started => run('./start.ts', '--plugins-dir', at('../plugins'), ...args);

async function greeted(one: Started): Promise<string> {
  await eventually('the greeting', () => one.out().includes('Ctrl-C stops it.') || one.process.exitCode !== null, patienceMs);
  expect(one.err()).toBe('');
  return /http:\/\/127\.0\.0\.1:\d+/.exec(one.out())?.[0] ?? '';
}

describe('npm start', () => {
  test('greets when the agent of this host takes work, and what it says to try works', async () => {
    const all = start('--port', '0');
    const url = await greeted(all);
    expect(all.out()).toMatch(/^\nMuster \d.*is ready\.\n/);

    // as a browser that follows the link; what `fetch` sends is not taken for one
    const link = /dashboard +(\S+)/.exec(all.out())?.[1] ?? '';
    const signIn = await new Promise<IncomingMessage>((resolve, reject) =>
      get(link, { agent: false }, resolve).on('error', reject),
    );
    signIn.resume();
    expect([signIn.statusCode, signIn.headers['set-cookie']]).toEqual([303, [expect.stringContaining('muster_session=')]]);

    const command = run('../cli/main.ts', 'run', '--server', url, '--', 'echo', 'a  b');
    expect([await command.ended, command.out()]).toEqual([0, 'a  b\n']);

    const token = readFileSync(join(cwd, 'data', 'admin.token'), 'utf8').trim();
    const body = /-d '(.*)'/.exec(all.out())?.[1] ?? '';
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const posted = await fetch(`${url}/tasks?wait=30`, { method: 'POST', headers, body });
    expect([posted.status, await posted.json()]).toMatchObject([201, { run: { state: 'succeeded' } }]);
  });

  test('ends both on a signal, and starts again with the same agent', async () => {
    const first = start('--port', '0');
    await greeted(first);
    first.process.kill('SIGINT');
    expect([await first.ended, first.err()]).toEqual([0, '\nStopping… (Ctrl-C again ends everything at once)\n']);

    const second = start('--port', '0');
    const url = await greeted(second);
    const agents = run('../cli/main.ts', 'agents', '--server', url, '--json');
    await agents.ended;
    expect(JSON.parse(agents.out())).toMatchObject({ items: [{ connected: true, status: 'Online' }] });
  });

  (process.platform === 'linux' ? test : test.skip)(
    'ends with an error when the server is killed, and leaves no agent behind',
    async () => {
      const all = start('--port', '0', '--log-level', 'info');
      await eventually('the greeting', () => all.out().includes('Ctrl-C stops it.'), patienceMs);
      const pids = pidsBelow(all.process.pid);
      expect(pids).toHaveLength(2);
      const server = pids.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('muster-server.js'));
      process.kill(server ?? 0, 'SIGKILL');
      expect(await all.ended).toBe(1);
      expect(all.err()).toMatch(/muster: The server ended by SIGKILL\. Its last words:\n/);
      expect(pids.filter(isAlive)).toEqual([]);
    },
  );

  test('says in one sentence that the port is taken, and by which setting it is chosen', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const all = start('--port', String(port));
    await all.ended;
    await new Promise((resolve) => other.close(resolve));
    expect([await all.ended, all.out()]).toEqual([1, '']);
    expect(all.err()).toBe(
      `muster server: port ${port} is taken by another program: end it, or choose another port with MUSTER_PORT or --port.\n`,
    );
  });

  test('tells its flags', async () => {
    const all = start('--help');
    expect([await all.ended, all.err()]).toEqual([0, '']);
    expect(all.out()).toMatch(/The flags are --config, .*--drain-seconds\./);
  });

  test('refuses a flag that it does not know', async () => {
    const all = start('--prot', '1');
    expect([await all.ended, all.err()]).toEqual([1, expect.stringMatching(/^muster: .*--prot'\. The flags are --config/)]);
  });
});

function pidsBelow(pid: number | undefined): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
