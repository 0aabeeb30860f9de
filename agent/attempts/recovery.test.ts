import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SignedEntry } from '../../shared/plugin-bundle.ts';
import type { Offer } from '../../shared/protocol.ts';
import type { FakeJob } from '../../tests/support/fake-executor.ts';
import { type FakeConnection, noop, offerOf } from '../../tests/support/fake-server.ts';
import { type AgentBench, openAgentBench } from '../../tests/support/test-agent.ts';
import type { RunningAgent } from '../main.ts';

const first = { execution: 'exe_1', attempt: 1 };

describe('an agent that was killed', () => {
  let bench: AgentBench;
  let entry: SignedEntry;
  let server: FakeConnection;
  let agent: RunningAgent;
  let remains: string;

  beforeEach(async () => {
    bench = await openAgentBench();
    remains = mkdtempSync(join(tmpdir(), 'muster-remains-'));
    entry = bench.server.publish(noop);
    agent = await bench.start();
    server = await bench.server.welcomed();
  });
  afterEach(async () => {
    await bench.close();
    rmSync(remains, { recursive: true, force: true });
  });

  async function run(offer: Partial<Offer> = {}): Promise<FakeJob> {
    server.send(offerOf(entry, offer));
    await server.next('accept');
    server.send({ type: 'start', ...first });
    return bench.executor.nextJob();
  }

  /** What its folder held at this instant is all that the next agent finds. */
  async function kill(): Promise<void> {
    cpSync(bench.dir, remains, { recursive: true });
    rmSync(join(remains, 'agent.lock'));
    server.cut();
    for (const job of bench.executor.jobs) job.end();
    await agent.stop();
  }

  async function restart(): Promise<void> {
    agent = await bench.start({ dir: remains });
    server = await bench.server.welcomed();
  }

  it('ends what it left running, and reports it as lost with what was found', async () => {
    const job = await run();
    job.sink.spawned({ pid: 4711, startMark: 'mark' });
    job.sink.output('out', 'half of it\n');
    await server.next('log');
    bench.executor.orphanEnd = { found: ['sh (4711)', 'sleep (4712)'], left: [] };
    await kill();
    await restart();
    expect(bench.executor.orphans).toEqual([{ ...first, process: { pid: 4711, startMark: 'mark' } }]);
    expect(server.hello.journal).toEqual([{ ...first, state: 'ended', logSize: 11 }]);
    expect(await server.next('result')).toMatchObject({
      ...first,
      outcome: 'lost',
      reason: 'agent_restarted',
      message: expect.stringContaining('2 processes of it still ran and were ended: sh (4711), sleep (4712)'),
      logSize: 11,
    });
    expect(bench.executor.jobs).toHaveLength(1);
  });

  it('says that the process is gone, when it is', async () => {
    const job = await run();
    job.sink.spawned({ pid: 4711, startMark: 'mark' });
    await kill();
    await restart();
    expect(await server.next('result')).toMatchObject({ outcome: 'lost', message: expect.stringContaining('4711 is gone') });
  });

  it('never starts again what its journal holds', async () => {
    await run();
    await kill();
    await restart();
    await server.next('result');
    server.send(offerOf(entry), { type: 'start', ...first });
    await server.next('result');
    expect(bench.executor.jobs).toHaveLength(1);
  });

  it('delivers a result that nobody acknowledged, with short output that never had a file', async () => {
    const job = await run();
    server.cut();
    job.sink.output('out', 'brief\n');
    job.end({ message: 'All done.' });
    server = await bench.server.nextConnection();
    await kill();
    expect(readdirSync(join(remains, 'spool'))).toEqual([]);
    await restart();
    expect(server.hello.journal).toEqual([{ ...first, state: 'ended', logSize: 6 }]);
    expect(await server.next('result')).toMatchObject({ outcome: 'succeeded', message: 'All done.' });
    expect(bench.server.logOf('exe_1').toString()).toBe('brief\n');
  });

  it('delivers long output with head, cut and tail', async () => {
    const job = await run({ outputLimitBytes: 4096 });
    server.cut();
    job.sink.output('out', 'x'.repeat(100_000));
    job.end();
    server = await bench.server.nextConnection();
    await kill();
    await restart();
    expect(await server.next('result')).toMatchObject({ cutBytes: 100_000 - 4096 });
    expect(bench.server.logOf('exe_1').toString()).toContain(`[${100_000 - 4096} bytes of output were cut here]`);
  });

  it('clears what no attempt needs: workspaces, and outputs without a journal', async () => {
    await kill();
    mkdirSync(join(remains, 'work', 'exe_0.1'), { recursive: true });
    writeFileSync(join(remains, 'spool', 'exe_0.1'), 'old');
    await restart();
    expect(readdirSync(join(remains, 'work'))).toEqual([]);
    expect(readdirSync(join(remains, 'spool'))).toEqual([]);
  });

  it('delivers a result whose output the disk has lost, and says how much is missing', async () => {
    const job = await run();
    server.cut();
    job.sink.output('out', 'x'.repeat(100_000));
    job.end({ message: 'All done.' });
    server = await bench.server.nextConnection();
    await kill();
    for (const name of readdirSync(join(remains, 'spool'))) rmSync(join(remains, 'spool', name));
    await restart();
    expect(await server.next('result')).toMatchObject({
      outcome: 'succeeded',
      message: 'All done. (100000 bytes of its output were lost on the disk of the host.)',
      logSize: 0,
      cutBytes: 100_000,
    });
  });

  it('starts over whatever a death in the middle of a write has left half made', async () => {
    await run();
    await kill();
    const plugins = join(remains, 'plugins');
    const bundle = join(plugins, `noop@${entry.sha256}`);
    renameSync(bundle, `${bundle}.unpacking`);
    writeFileSync(join(plugins, 'catalogue.json'), '{"text":"{');
    for (const name of ['journal.new', 'agent.json.new', 'agent.key.new']) writeFileSync(join(remains, name), 'torn');
    writeFileSync(join(remains, 'journal.reserve'), 'half');
    writeFileSync(join(remains, 'agent.lock'), '');
    mkdirSync(join(remains, 'work', 'exe_1.1', 'half'), { recursive: true });
    await restart();
    expect(await server.next('result')).toMatchObject({ ...first, outcome: 'lost' });
    server.send(offerOf(entry, { execution: 'exe_2' }));
    expect(await server.next('accept')).toMatchObject({ execution: 'exe_2' });
    expect(readdirSync(plugins).filter((name) => name.includes('unpacking'))).toEqual([]);
    expect(statSync(join(remains, 'journal.reserve')).size).toBe(1024 * 1024);
  });

  it('takes over the lock of a process that is gone, or whose pid belongs to another one now', async () => {
    await kill();
    writeFileSync(join(remains, 'agent.lock'), JSON.stringify({ pid: process.ppid, startMark: 'of another process' }));
    await restart();
  });

  it('tells of an attempt whose journal was damaged that it is lost', async () => {
    await run();
    await kill();
    const path = join(remains, 'journal');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"action":"main"', '"action":"nain"'));
    await restart();
    expect(await server.next('result')).toMatchObject({ ...first, outcome: 'lost', reason: 'journal_damaged' });
  });
});
