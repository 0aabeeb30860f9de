import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { closedPort } from './support/closed-port.ts';
import { eventually } from './support/eventually.ts';
import { processesWith } from './support/processes.ts';
import { type System, startSystem } from './support/system.ts';

/** The set-up scripts as somebody with a checkout runs them. */
const root = resolve(import.meta.dirname, '..');
const why = process.platform === 'linux' ? '' : ' (NOT TESTED: this takes Linux)';
const patienceMs = 60_000;

type SetUp = {
  readonly child: ChildProcess;
  out(): string;
  err(): string;
  readonly ended: Promise<number | null>;
};

(why === '' ? describe : describe.skip)(`the set-up of a checkout${why}`, () => {
  let folder: string;
  let system: System;
  let started: SetUp[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'muster-setup-'));
    system = await startSystem();
  });
  afterEach(async () => {
    for (const { child, ended } of started) {
      child.kill('SIGTERM');
      await ended;
    }
    started = [];
  });
  afterAll(async () => {
    await system?.dispose();
    expect(processesWith(folder)).toEqual([]);
    rmSync(folder, { recursive: true, force: true });
  });

  function setUp(which: 'server' | 'client', ...args: string[]): SetUp {
    const child = spawn('sh', [join(root, `setup_${which}.sh`), '--skip-env-setup', ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '', HOME: folder, MUSTER_AGENT_DRAIN_SECONDS: '0' },
    });
    const texts = { out: '', err: '' };
    child.stdout.on('data', (data) => {
      texts.out += String(data);
    });
    child.stderr.on('data', (data) => {
      texts.err += String(data);
    });
    const ended = new Promise<number | null>((done) => child.once('close', done));
    const one = { child, out: () => texts.out, err: () => texts.err, ended };
    started.push(one);
    return one;
  }
  const says = (one: SetUp, sentence: string): Promise<void> =>
    eventually(
      `"${sentence}"`,
      () => {
        if (one.child.exitCode !== null) throw new Error(`It ended:\n${one.out()}${one.err()}`);
        return one.out().includes(sentence);
      },
      patienceMs / 2,
    );
  const newToken = async (): Promise<string> => (await system.api.post<{ token: string }>('/api/v1/join-tokens', {})).token;
  const url = (): string => system.server().url;

  it(
    'starts a server that stays until it is ended, and says how to go on',
    async () => {
      const port = String(await closedPort());
      // a relative path is one of the folder that it is run from
      const server = setUp('server', '-Port', port, '-DataDir', 'own data');
      await says(server, 'Ctrl-C stops the server.');
      expect(server.err()).toBe('');
      expect(server.out()).toContain(`ok    The server answers at http://127.0.0.1:${port}.\n`);
      expect(server.out()).toContain(`API token   ${join(folder, 'own data', 'admin.token')}\n`);
      expect(server.out()).toContain(`npx muster join-token create --server http://127.0.0.1:${port}\n`);
      expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);

      const again = setUp('server', '-Port', port, '-DataDir', 'own data');
      expect([await again.ended, again.err()]).toEqual([0, '']);
      expect(again.out()).toContain(
        `Nothing to do: the server of ${join(folder, 'own data')} runs already, at http://127.0.0.1:${port}.`,
      );

      const other = setUp('server', '-Port', port, '-DataDir', 'other data');
      expect(await other.ended).toBe(10);
      expect(other.err()).toBe(
        `FAIL  The server did not start: port ${port} is taken by another program: end it, or choose another port with MUSTER_PORT or --port.\n`,
      );

      server.child.kill('SIGINT');
      expect(await server.ended).toBe(0);
    },
    patienceMs,
  );

  it('refuses settings that a server cannot have', async () => {
    const server = setUp('server', '--port', 'many');
    expect(await server.ended).toBe(2);
    expect(server.err()).toBe('FAIL  --port must be a whole number from 0 to 65535 and not "many".\n');
  });

  it(
    'joins this host, runs its agent until it is ended, and finds it there when it is run again',
    async () => {
      const args = ['--server-url', url(), '--token', await newToken(), '--client-name', 'desk', '--data-dir', 'desk'];
      const client = setUp('client', ...args, '--tags', 'here,floor=2');
      await says(client, 'Ctrl-C stops the agent.');
      expect(client.err()).toBe('');
      expect(client.out()).toContain(`ok    A Muster server answers at ${url()}.\n`);
      expect(client.out()).toContain(`ok    desk is Online at ${url()}`);
      const joined = (await system.api.agents()).find(({ name }) => name === 'desk');
      expect(joined).toMatchObject({ status: 'Online', tags: ['here', 'floor=2'] });
      expect((await system.api.runTask({ owner: 'desk', plugin: 'shell', args: { command: 'echo hi' } })).state).toBe(
        'succeeded',
      );

      const again = setUp('client', '--data-dir', 'desk');
      expect([await again.ended, again.err()]).toEqual([0, '']);
      expect(again.out()).toContain('Nothing to do: desk is Online');

      client.child.kill('SIGTERM');
      expect(await client.ended).toBe(0);
      // and it is known, without a token
      const back = setUp('client', '--data-dir', 'desk');
      await says(back, 'ok    desk is Online');
    },
    patienceMs,
  );

  it.each([
    ['no server', ['--token', `mjt_${'a'.repeat(43)}.${'0'.repeat(32)}`], 2, 'Say which server with --server-url'],
    ['no token', ['--server-url', 'http://127.0.0.1:1'], 2, 'This host has not joined yet: give a join token with --token.'],
    ['a token that is none', ['--token', 'abc'], 8, 'This is not a join token'],
    [
      'a server that is no URL',
      ['--server-url', 'muster:8000', '--token', `mjt_${'a'.repeat(43)}.${'0'.repeat(32)}`],
      2,
      '--server-url must be',
    ],
    ['a removal of what was not installed', ['--uninstall'], 2, 'Nothing is installed from a checkout without --service'],
  ])('refuses %s with a sentence', async (_, args, code, sentence) => {
    const client = setUp('client', '--data-dir', 'nobody', ...args);
    expect(await client.ended).toBe(code);
    expect(client.err()).toContain(`FAIL  ${sentence}`);
    expect(existsSync(join(folder, 'nobody'))).toBe(false);
  });

  it(
    'ends with the code and the words of the agent when the server refuses it',
    async () => {
      const [secret = '', fingerprint = ''] = (await newToken()).split('.');
      const spent = `${secret.slice(0, 4)}${'a'.repeat(43)}.${fingerprint}`;
      const client = setUp('client', '--server-url', url(), '--token', spent, '--data-dir', 'refused');
      expect(await client.ended).toBe(8);
      expect(client.err()).toBe(
        'FAIL  The join token is unknown, expired, revoked or used up. Make a new one with `muster join-token` and start the agent with it.\n',
      );
      const taken = ['--server-url', url(), '--client-name', 'taken'];
      const first = setUp('client', ...taken, '--token', await newToken(), '--data-dir', 'first');
      await says(first, 'taken is Online');
      const second = setUp('client', ...taken, '--token', await newToken(), '--data-dir', 'second');
      expect(await second.ended).toBe(9);
      expect(second.err()).toContain('There is an agent named "taken" already.');
    },
    patienceMs,
  );
});
