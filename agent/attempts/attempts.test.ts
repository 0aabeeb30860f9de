import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SignedEntry } from '../../shared/plugin-bundle.ts';
import { type FakeConnection, noop, offerOf } from '../../tests/support/fake-server.ts';
import { type AgentBench, openAgentBench } from '../../tests/support/test-agent.ts';

const first = { execution: 'exe_1', attempt: 1 };

describe('an agent that is offered work', () => {
  let bench: AgentBench;
  let entry: SignedEntry;
  let server: FakeConnection;

  beforeEach(async () => {
    bench = await openAgentBench();
    entry = bench.server.publish(noop);
    await bench.start({ slots: 2 });
    server = await bench.server.welcomed();
  });
  afterEach(() => bench.close());

  it('accepts, starts only when it is told to, reports the end, and forgets it when that is acknowledged', async () => {
    server.send(offerOf(entry, { args: ['x'], env: { A: 'b' } }));
    expect(await server.next('accept')).toEqual({ type: 'accept', ...first });
    expect(bench.executor.jobs).toHaveLength(0);

    server.send({ type: 'start', ...first });
    const job = await bench.executor.nextJob();
    expect(job).toMatchObject({
      ...first,
      agentName: 'web-1',
      action: 'main',
      args: ['x'],
      env: { A: 'b' },
      sha256: entry.sha256,
    });
    job.end({ data: { n: 1 }, exitCode: null });
    expect(await server.next('result')).toMatchObject({
      ...first,
      outcome: 'succeeded',
      data: { n: 1 },
      logSize: 0,
      cutBytes: 0,
    });

    server.send({ type: 'ack', ...first });
    server.cut();
    expect((await bench.server.welcomed()).hello.journal).toEqual([]);
  });

  it('starts an attempt once, however often it is offered and started', async () => {
    const offer = offerOf(entry);
    server.send(offer);
    await server.next('accept');
    server.send(offer);
    expect(await server.next('accept')).toMatchObject(first);
    server.send({ type: 'start', ...first }, { type: 'start', ...first });
    const job = await bench.executor.nextJob();
    server.send(offer, { type: 'start', ...first });
    job.end();
    await server.next('result');
    server.send(offer, { type: 'start', ...first });
    server.send({ type: 'ack', ...first });
    server.send(offer, { type: 'start', ...first });
    // it lives on, and takes the next attempt
    server.send(offerOf(entry, { attempt: 2 }));
    expect(await server.next('accept')).toMatchObject({ attempt: 2 });
    server.send({ type: 'start', execution: 'exe_1', attempt: 2 });
    expect(await bench.executor.nextJob()).toMatchObject({ attempt: 2 });
    expect(bench.executor.jobs).toHaveLength(2);
  });

  it('does not start an earlier attempt than one that it knows', async () => {
    server.send(offerOf(entry, { attempt: 5 }));
    await server.next('accept');
    server.send({ type: 'start', execution: 'exe_1', attempt: 5 });
    await bench.executor.nextJob();
    server.send(offerOf(entry, { attempt: 4 }), { type: 'start', execution: 'exe_1', attempt: 4 });
    server.send(offerOf(entry, { execution: 'exe_2' }));
    expect(await server.next('accept')).toMatchObject({ execution: 'exe_2' });
    expect(bench.executor.jobs).toHaveLength(1);
  });

  it('does not run two attempts of one execution at the same time', async () => {
    server.send(offerOf(entry));
    await server.next('accept');
    server.send({ type: 'start', ...first });
    const job = await bench.executor.nextJob();
    server.send({ type: 'stop', ...first, reason: 'given_up', graceSeconds: 1 }, offerOf(entry, { attempt: 2 }));
    expect(await server.next('decline')).toMatchObject({ attempt: 2, reason: 'slots_full' });
    job.end();
    await server.next('result');
    server.send(offerOf(entry, { attempt: 3 }));
    expect(await server.next('accept')).toMatchObject({ attempt: 3 });
  });

  it('ignores a start of what it was not offered', async () => {
    server.send({ type: 'start', ...first });
    server.send(offerOf(entry));
    await server.next('accept');
    expect(bench.executor.jobs).toHaveLength(0);
  });

  it('takes as many as it has slots, and gives a slot back at the end', async () => {
    server.send(
      offerOf(entry, { execution: 'exe_1' }),
      offerOf(entry, { execution: 'exe_2' }),
      offerOf(entry, { execution: 'exe_3' }),
    );
    expect(await server.next('decline')).toMatchObject({ execution: 'exe_3', reason: 'slots_full' });
    await server.next('accept');
    await server.next('accept');
    server.send({ type: 'start', execution: 'exe_1', attempt: 1 });
    (await bench.executor.nextJob()).end();
    await server.next('result');
    server.send(offerOf(entry, { execution: 'exe_3', attempt: 2 }));
    expect(await server.next('accept')).toMatchObject({ execution: 'exe_3', attempt: 2 });
  });

  it('rejects for good what cannot run here, with the reason of the executor', async () => {
    bench.executor.refusal = { reason: 'runtime_missing', message: 'There is no python here.' };
    server.send(offerOf(entry, { logFrom: 7 }));
    const result = { ...first, outcome: 'rejected', reason: 'runtime_missing', message: 'There is no python here.', logSize: 7 };
    expect(await server.next('result')).toMatchObject(result);
  });

  it('stops work on request, and reports how it ended', async () => {
    server.send(offerOf(entry));
    await server.next('accept');
    server.send({ type: 'start', ...first });
    const job = await bench.executor.nextJob();
    server.send({ type: 'stop', ...first, reason: 'cancel', graceSeconds: 3 });
    await job.stopped;
    expect(job.stops).toEqual([{ why: 'cancel', graceSeconds: 3 }]);
    job.end({ outcome: 'cancelled', reason: 'cancel_requested', message: 'Cancelled.' });
    expect(await server.next('result')).toMatchObject({ outcome: 'cancelled', reason: 'cancel_requested' });
  });

  it('answers a stop of what it only accepted, or never saw: nothing ran', async () => {
    server.send(offerOf(entry));
    await server.next('accept');
    server.send({ type: 'stop', ...first, reason: 'cancel', graceSeconds: 3 });
    expect(await server.next('result')).toMatchObject({ ...first, outcome: 'cancelled' });
    server.send({ type: 'stop', execution: 'exe_9', attempt: 1, reason: 'cancel', graceSeconds: 3 });
    expect(await server.next('result')).toMatchObject({ execution: 'exe_9', outcome: 'cancelled' });
    server.send({ type: 'start', ...first }, offerOf(entry, { execution: 'exe_2' }));
    await server.next('accept');
    expect(bench.executor.jobs).toHaveLength(0);
  });

  it('does not start what is stopped in the same breath', async () => {
    server.send(offerOf(entry));
    await server.next('accept');
    server.send({ type: 'start', ...first }, { type: 'stop', ...first, reason: 'cancel', graceSeconds: 3 });
    expect(await server.next('result')).toMatchObject({ outcome: 'cancelled', reason: 'cancel_requested' });
    expect(bench.executor.jobs).toHaveLength(0);
  });

  it('forgets accepted offers when the connection ends, since no start can follow', async () => {
    server.send(offerOf(entry, { execution: 'exe_1' }), offerOf(entry, { execution: 'exe_2' }));
    await server.next('accept');
    await server.next('accept');
    server.cut();
    const next = await bench.server.welcomed();
    next.send({ type: 'start', ...first });
    next.send(offerOf(entry, { execution: 'exe_3' }), offerOf(entry, { execution: 'exe_4' }));
    await next.next('accept');
    await next.next('accept');
    expect(bench.executor.jobs).toHaveLength(0);
  });

  it('sends what belongs to one turn in one frame', async () => {
    server.send(offerOf(entry, { execution: 'exe_1' }), offerOf(entry, { execution: 'exe_2' }));
    await server.next('accept');
    await server.next('accept');
    server.send({ type: 'start', execution: 'exe_1', attempt: 1 }, { type: 'start', execution: 'exe_2', attempt: 1 });
    const jobs = [await bench.executor.nextJob(), await bench.executor.nextJob()];
    const framesBefore = server.frames.length;
    for (const job of jobs) job.end();
    await server.next('result');
    await server.next('result');
    expect(server.frames.slice(framesBefore)).toEqual([2]);
  });
});
