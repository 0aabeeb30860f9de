import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { closeCodes } from '../shared/protocol.ts';
import { eventually } from '../tests/support/eventually.ts';
import { exitOf } from '../tests/support/exit-of.ts';
import { type FakeConnection, type FakeServer, offerOf, startFakeServer } from '../tests/support/fake-server.ts';
import { isAlive } from './process-start.ts';

const program = fileURLToPath(new URL('./muster-agent.ts', import.meta.url));
const first = { execution: 'exe_1', attempt: 1 };
const endless = {
  manifest: { name: 'endless', runtime: 'bash' as const, entry: 'main.sh' },
  files: { 'main.sh': 'sleep 1000 & echo "child $!"; for n in $(seq 1 200); do echo "line $n"; done; wait\n' },
};
const greet = {
  manifest: { name: 'greet', entry: 'main.js' },
  files: {
    'main.js':
      'export async function main(args, context) { context.log("hi " + args[0]); return { status: "success", data: args.length }; }',
  },
};

/** The whole agent as a process of its own, with real programs, killed for real. */
describe('the agent program', () => {
  let dir: string;
  let server: FakeServer;
  let agent: ChildProcess;
  let complaints: string;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'muster-program-'));
    server = await startFakeServer();
  });
  afterEach(async () => {
    if (agent.exitCode === null && agent.signalCode === null) {
      agent.kill('SIGKILL');
      await once(agent, 'exit');
    }
    await server.close();
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  });

  function start(...flags: string[]): void {
    complaints = '';
    agent = spawn(process.execPath, [program, 'run', '--dir', dir, '--drain-seconds', '0', ...flags], {
      env: { PATH: process.env.PATH, MUSTER_SERVER: server.url, MUSTER_JOIN_TOKEN: server.joinToken, MUSTER_AGENT_NAME: 'web-1' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    agent.stderr?.on('data', (data) => {
      complaints += String(data);
    });
  }

  async function begin(connection: FakeConnection, offer: ReturnType<typeof offerOf>): Promise<void> {
    connection.send(offer);
    await connection.next('accept');
    connection.send({ type: 'start', ...first });
  }

  it('runs a plugin from its bundle and tells its result', async () => {
    const entry = server.publish(greet);
    start();
    const connection = await server.welcomed();
    await begin(connection, offerOf(entry, { args: ['you'] }));
    expect(await connection.next('result')).toMatchObject({ outcome: 'succeeded', data: 1, logSize: 7 });
    expect(server.logOf('exe_1').toString()).toBe('hi you\n');
  });

  it('ends after kill -9 what it had left running, and tells the whole log and the loss', async () => {
    const entry = server.publish(endless);
    start();
    const connection = await server.welcomed();
    await begin(connection, offerOf(entry));
    await eventually('all lines are there', () => server.logOf('exe_1').includes('line 200'));
    const child = Number(/child (\d+)/.exec(server.logOf('exe_1').toString())?.[1]);
    agent.kill('SIGKILL');
    await once(agent, 'exit');
    expect(isAlive(child)).toBe(true);

    start();
    const next = await server.welcomed();
    expect(next.hello.journal).toMatchObject([{ ...first, state: 'ended', logSize: server.logOf('exe_1').length }]);
    expect(await next.next('result')).toMatchObject({
      outcome: 'lost',
      reason: 'agent_restarted',
      message: expect.stringContaining('were ended'),
    });
    await eventually('the process tree is gone', () => !isAlive(child));
    next.send(offerOf(entry), { type: 'start', ...first });
    await next.next('result');
    next.send({ type: 'ack', ...first });
  });

  it('stops on SIGTERM with its work ended and reported, and exits well', async () => {
    const entry = server.publish(endless);
    start();
    const connection = await server.welcomed();
    await begin(connection, offerOf(entry));
    await eventually('it runs', () => server.logOf('exe_1').includes('line 1'));
    agent.kill('SIGTERM');
    const result = await connection.next('result');
    expect(result).toMatchObject({ outcome: 'failed', reason: 'agent_restarted' });
    connection.send({ type: 'ack', ...first });
    expect(await exitOf(agent, () => complaints)).toEqual([0, null]);
  });

  it('exits with 78 and a sentence when a person is needed', async () => {
    start('--join-token', `mjt_${'x'.repeat(43)}.${'0'.repeat(32)}`);
    expect(await exitOf(agent, () => complaints)).toEqual([78, null]);
    expect(complaints).toMatch(/The join token is unknown, expired, revoked or used up\./);
    start('--no-such-flag', 'x');
    expect(await exitOf(agent, () => complaints)).toEqual([78, null]);
    expect(complaints).toContain('--no-such-flag');
  });

  it('exits with 78 when it is revoked, so that nobody starts it again and again', async () => {
    start();
    const connection = await server.welcomed();
    connection.close(closeCodes.revoked);
    expect(await exitOf(agent, () => complaints)).toEqual([78, null]);
    expect(complaints).toContain('revoked');
  });
});
