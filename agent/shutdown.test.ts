import { afterEach, describe, expect, it } from '@jest/globals';
import type { SignedEntry } from '../shared/plugin-bundle.ts';
import type { FakeJob } from '../tests/support/fake-executor.ts';
import { type FakeConnection, noop, offerOf } from '../tests/support/fake-server.ts';
import { type AgentBench, openAgentBench } from '../tests/support/test-agent.ts';
import type { RunningAgent } from './main.ts';

const first = { execution: 'exe_1', attempt: 1 };

describe('an agent that is stopped', () => {
  let bench: AgentBench;
  let entry: SignedEntry;
  let agent: RunningAgent;
  let server: FakeConnection;

  async function open(drainSeconds: number): Promise<FakeJob> {
    bench = await openAgentBench();
    entry = bench.server.publish(noop);
    agent = await bench.start({ drainSeconds });
    server = await bench.server.welcomed();
    server.send(offerOf(entry));
    await server.next('accept');
    server.send({ type: 'start', ...first });
    return bench.executor.nextJob();
  }
  afterEach(() => bench.close());

  it('ends what runs, reports it as failed by its own doing, and waits for the acknowledgement', async () => {
    const job = await open(0);
    const stopped = agent.stop();
    await job.stopped;
    expect(job.stops).toEqual([{ why: 'shutdown', graceSeconds: 1 }]);
    job.end({ outcome: 'lost', reason: 'agent_restarted', message: 'stopped' });
    expect(await server.next('result')).toMatchObject({
      outcome: 'failed',
      reason: 'agent_restarted',
      message: 'The agent was stopped while it ran; its process tree was ended.',
    });
    server.send({ type: 'ack', ...first });
    await stopped;
    expect(await server.closed).toBe(1000);
    expect(await agent.ended).toEqual({ kind: 'stopped' });
  });

  it('lets work finish within the drain time, and takes no more', async () => {
    const job = await open(60);
    const stopped = agent.stop();
    server.send(offerOf(entry, { execution: 'exe_2' }));
    expect(await server.next('decline')).toMatchObject({ execution: 'exe_2', reason: 'stopping' });
    job.end({ message: 'In time.' });
    expect(await server.next('result')).toMatchObject({ outcome: 'succeeded', message: 'In time.' });
    server.send({ type: 'ack', ...first });
    await stopped;
    expect(job.stops).toEqual([]);
  });

  it('declines what it had accepted but not started', async () => {
    const job = await open(0);
    server.send(offerOf(entry, { execution: 'exe_2' }));
    await server.next('accept');
    const stopped = agent.stop();
    expect(await server.next('decline')).toMatchObject({ execution: 'exe_2', reason: 'stopping' });
    server.send({ type: 'start', execution: 'exe_2', attempt: 1 });
    job.end();
    await server.next('result');
    server.send({ type: 'ack', ...first });
    await stopped;
    expect(bench.executor.jobs).toHaveLength(1);
  });

  it('keeps what it could not deliver for its next start', async () => {
    const job = await open(0);
    await bench.server.goAway();
    const stopped = agent.stop();
    await job.stopped;
    job.end({ outcome: 'lost', reason: 'agent_restarted' });
    await stopped;
    await bench.server.comeBack();
    agent = await bench.start();
    server = await bench.server.welcomed();
    expect(await server.next('result')).toMatchObject({ ...first, outcome: 'failed', reason: 'agent_restarted' });
  });

  it('may be stopped twice', async () => {
    const job = await open(0);
    const both = Promise.all([agent.stop(), agent.stop()]);
    await job.stopped;
    job.end();
    await server.next('result');
    server.send({ type: 'ack', ...first });
    await both;
    await agent.stop();
  });
});
