import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../tests/support/eventually.ts';
import { type FakeConnection, type FakeServer, offerOf, startFakeServer } from '../tests/support/fake-server.ts';
import { killedAt } from '../tests/support/killed-at.ts';
import { processesMarked, processesWith, uniqueSleep } from '../tests/support/processes.ts';

const program = fileURLToPath(new URL('./muster-agent.ts', import.meta.url));
const first = { execution: 'exe_1', attempt: 1 };
const onLinux = process.platform === 'linux' ? describe : describe.skip;

/** Leaves a child, a daemon in a session of its own, and one whose parent is gone; none of them hears a polite wish. */
const daemons = (seconds: string): string => `
trap "" TERM
setsid sleep ${seconds} &
(setsid setsid sh -c 'sleep ${seconds}' &)
sleep ${seconds} &
wait
`;

onLinux('the next agent after one that was killed', () => {
  let dir: string;
  let server: FakeServer;
  let agents: ChildProcess[];
  let seconds: string;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'muster-orphans-'));
    server = await startFakeServer();
    agents = [];
    seconds = uniqueSleep();
  });
  afterEach(async () => {
    for (const agent of agents) if (agent.exitCode === null && agent.signalCode === null) await end(agent);
    await server.close();
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
  });

  /** what everything carries that an agent of this folder starts */
  const startedBy = (): string => `agt_${'1'.padStart(26, '0')} ${dir}`;

  function start(flags: readonly string[] = []): ChildProcess {
    const agent = spawn(process.execPath, [...flags, program, 'run', '--dir', dir, '--drain-seconds', '0'], {
      env: { PATH: process.env.PATH, MUSTER_SERVER: server.url, MUSTER_JOIN_TOKEN: server.joinToken, MUSTER_AGENT_NAME: 'web-1' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    agents.push(agent);
    return agent;
  }

  async function end(agent: ChildProcess): Promise<void> {
    agent.kill('SIGKILL');
    await once(agent, 'exit');
  }

  async function begin(connection: FakeConnection, script: string): Promise<void> {
    const entry = server.publish({
      manifest: { name: 'daemons', runtime: 'bash', entry: 'main.sh' },
      files: { 'main.sh': script },
    });
    connection.send({ type: 'plugins', plugins: server.catalogue() }, offerOf(entry));
    await connection.next('accept');
    connection.send({ type: 'start', ...first });
  }

  /** Starts the next agent and has it deliver what it found. */
  async function lossToldByTheNext(): Promise<string> {
    start();
    const next = await server.welcomed();
    const result = await next.next('result');
    expect(result).toMatchObject({ ...first, outcome: 'lost', reason: 'agent_restarted' });
    expect(processesWith(seconds)).toEqual([]);
    // other tests have an execution of this name too
    const ours = new Set(processesMarked('MUSTER_STARTED_BY', startedBy()));
    expect(processesMarked('MUSTER_EXECUTION', 'exe_1').filter((pid) => ours.has(pid))).toEqual([]);
    next.send({ type: 'ack', ...first });
    return result.message;
  }

  it('finds what was started in the instant before its pid was noted', async () => {
    const agent = start(killedAt('agent/execution/running-job.ts', 'sink.spawned(begun.mark);'));
    await begin(await server.welcomed(), daemons(seconds));
    await once(agent, 'exit');
    await eventually('all daemons run', () => processesWith(`sleep ${seconds}`).length >= 4);
    expect(await lossToldByTheNext()).toMatch(/\d processes of it still ran and were ended: .*sleep/);
  });

  it('finds daemons in sessions of their own when the root of the tree is gone', async () => {
    const agent = start();
    await begin(await server.welcomed(), `echo $$; ${daemons(seconds)}`);
    await eventually('all daemons run', () => processesWith(`sleep ${seconds}`).length >= 4 && server.logOf('exe_1').length > 0);
    await end(agent);
    process.kill(Number(server.logOf('exe_1')), 'SIGKILL');
    expect(await lossToldByTheNext()).toMatch(/processes of it still ran and were ended/);
  });

  it('finds nothing of an attempt that was journalled and not begun', async () => {
    const agent = start(killedAt('agent/attempts/running.ts', '// instant: start-journalled'));
    await begin(await server.welcomed(), daemons(seconds));
    await once(agent, 'exit');
    expect(await lossToldByTheNext()).toContain('no process of it is left');
  });

  it('ends what still ran when the result was not journalled yet', async () => {
    const agent = start(killedAt('agent/attempts/running.ts', '// instant: work-ended'));
    await begin(await server.welcomed(), `exit 0`);
    await once(agent, 'exit');
    expect(await lossToldByTheNext()).toContain('is gone');
  });

  it('ends warm runners that do not notice the loss of their agent', async () => {
    const entry = server.publish({
      manifest: { name: 'busy', entry: 'main.js' },
      // it returns, and then computes for ever, so that it never sees its channel close
      files: { 'main.js': `export async function main() { setImmediate(() => { for (;;); }); }` },
    });
    const agent = start(killedAt('agent/attempts/running.ts', '// instant: end-journalled'));
    const connection = await server.welcomed();
    connection.send(offerOf(entry));
    await connection.next('accept');
    connection.send({ type: 'start', ...first });
    await once(agent, 'exit');
    expect(runners()).toHaveLength(1);
    start();
    await (await server.welcomed()).next('result');
    expect(runners()).toEqual([]);
  });

  function runners(): number[] {
    const ours = processesMarked('MUSTER_STARTED_BY', startedBy());
    return processesWith('node-runner').filter((pid) => ours.includes(pid));
  }
});
