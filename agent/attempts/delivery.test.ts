import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SignedEntry } from '../../shared/plugin-bundle.ts';
import { logWindowBytes, maxLogTextBytes, type Offer } from '../../shared/protocol.ts';
import { eventually } from '../../tests/support/eventually.ts';
import type { FakeJob } from '../../tests/support/fake-executor.ts';
import { type FakeConnection, noop, offerOf } from '../../tests/support/fake-server.ts';
import { type AgentBench, openAgentBench } from '../../tests/support/test-agent.ts';

const first = { execution: 'exe_1', attempt: 1 };

describe('output on its way to the server', () => {
  let bench: AgentBench;
  let entry: SignedEntry;
  let server: FakeConnection;

  beforeEach(async () => {
    bench = await openAgentBench();
    entry = bench.server.publish(noop);
    await bench.start();
    server = await bench.server.welcomed();
  });
  afterEach(() => bench.close());

  async function run(offer: Partial<Offer> = {}): Promise<FakeJob> {
    server.send(offerOf(entry, offer));
    await server.next('accept');
    server.send({ type: 'start', ...first });
    return bench.executor.nextJob();
  }

  it('arrives while the work runs, stream by stream, before the result', async () => {
    const job = await run();
    job.sink.output('out', 'one\n');
    job.sink.output('out', 'two\n');
    job.sink.output('err', 'oh\n');
    expect(await server.next('log')).toMatchObject({ ...first, offset: 0, stream: 'out', text: 'one\ntwo\n' });
    expect(await server.next('log')).toMatchObject({ ...first, offset: 8, stream: 'err', text: 'oh\n' });
    job.sink.output('log', 'äöü');
    job.end();
    expect(await server.next('log')).toMatchObject({ offset: 11, stream: 'log', text: 'äöü' });
    expect(await server.next('result')).toMatchObject({ logSize: 17, cutBytes: 0 });
  });

  it('begins at the offset of the offer', async () => {
    const job = await run({ logFrom: 0, outputLimitBytes: 4096 });
    job.sink.output('out', 'a');
    job.end();
    await server.next('result');
    server.send(offerOf(entry, { attempt: 2, logFrom: 1 }));
    await server.next('accept');
    server.send({ type: 'start', execution: 'exe_1', attempt: 2 });
    const second = await bench.executor.nextJob();
    second.sink.output('out', 'b');
    second.end();
    expect(await server.next('result')).toMatchObject({ attempt: 2, logSize: 2 });
    expect(bench.server.logOf('exe_1').toString()).toBe('ab');
  });

  it('stays within the window of what is not acknowledged', async () => {
    server.holdAcks();
    const job = await run({ outputLimitBytes: 8 * 1024 * 1024 });
    job.sink.output('out', 'x'.repeat(2 * logWindowBytes));
    for (let sent = 0; sent < logWindowBytes; sent += maxLogTextBytes) await server.next('log');
    server.send({ type: 'log_ack', ...first, offset: maxLogTextBytes });
    expect(await server.next('log')).toMatchObject({ offset: logWindowBytes });
    expect(bench.server.logOf('exe_1')).toHaveLength(logWindowBytes + maxLogTextBytes);
  });

  it('is sent again from where the server saw a gap, and the result after it', async () => {
    const job = await run();
    job.sink.output('out', 'abcdef');
    job.end();
    await server.next('result');
    server.send({ type: 'log_from', ...first, offset: 2 });
    await server.next('log');
    expect(await server.next('log')).toMatchObject({ offset: 2, text: 'cdef' });
    expect(await server.next('result')).toMatchObject({ logSize: 6 });
  });

  it('makes a program wait when the server is far behind, but not when there is no connection', async () => {
    server.holdAcks();
    const job = await run({ outputLimitBytes: 64 * 1024 * 1024 });
    let drained = 0;
    for (let written = 0; written < 9; written += 1) job.sink.output('out', 'x'.repeat(1024 * 1024));
    expect(job.sink.isFull()).toBe(true);
    job.sink.onDrain(() => {
      drained += 1;
    });
    expect(drained).toBe(0);
    server.cut();
    await eventually('the program goes on', () => drained === 1);
    expect(job.sink.isFull()).toBe(false);
  });

  it('survives cuts at any moment without a hole or a repeat', async () => {
    const job = await run({ outputLimitBytes: 64 * 1024 * 1024 });
    let written = '';
    for (let round = 0; round < 12; round += 1) {
      for (let line = 0; line < 40; line += 1) {
        const text = `round ${round}, line ${line}: ${'ß'.repeat(((round * 7 + line) % 13) * 300)}\n`;
        written += text;
        job.sink.output(line % 5 === 0 ? 'err' : 'out', text);
        if (line % 8 === 0) await new Promise(setImmediate);
      }
      if (round % 2 === 0) {
        await server.next('log');
        server.cut();
        server = await bench.server.welcomed();
        expect(server.hello.journal).toMatchObject([{ ...first, state: 'running' }]);
      }
    }
    server.cut();
    job.end();
    server = await bench.server.welcomed();
    const { logSize } = await server.next('result');
    expect(logSize).toBe(Buffer.byteLength(written));
    expect(bench.server.logOf('exe_1').toString()).toBe(written);
    server.send({ type: 'ack', ...first });
  });

  it('delivers the result on every new connection until it is acknowledged', async () => {
    const job = await run();
    server.cut();
    job.sink.output('out', 'done\n');
    job.end();
    for (let connection = 0; connection < 3; connection += 1) {
      server = await bench.server.welcomed();
      expect(server.hello.journal).toEqual([{ ...first, state: 'ended', logSize: 5 }]);
      expect(await server.next('result')).toMatchObject({ ...first, logSize: 5 });
      server.cut();
    }
    server = await bench.server.welcomed();
    await server.next('result');
    server.send({ type: 'ack', ...first });
    server.cut();
    expect((await bench.server.welcomed()).hello.journal).toEqual([]);
  });

  it('shows progress, the latest only', async () => {
    const job = await run();
    for (let step = 1; step <= 100; step += 1) job.sink.progress(step / 100, `step ${step}`);
    expect(await server.next('progress')).toEqual({ type: 'progress', ...first, fraction: 1, text: 'step 100' });
  });

  describe('when the server has its own opinion on return', () => {
    it('stops what it has given up, and forgets it without a result', async () => {
      const job = await run();
      mkdirSync(job.artifacts, { recursive: true });
      writeFileSync(join(job.artifacts, 'left.txt'), 'left');
      server.cut();
      server = await bench.server.nextConnection();
      server.welcome({ verdicts: [{ ...first, verdict: 'stop', logFrom: 0 }] });
      await job.stopped;
      expect(job.stops).toMatchObject([{ why: 'given_up' }]);
      job.end({ outcome: 'lost', reason: 'given_up' });
      await eventually('the attempt is forgotten', async () => {
        server.cut();
        server = await bench.server.welcomed();
        return server.hello.journal.length === 0;
      });
      expect(server.received.filter(({ type }) => type === 'result')).toEqual([]);
      // its files were offered to the server, and do not stay for ever
      await eventually('its files are gone', () => !existsSync(job.artifacts));
    });

    it('forgets what is in the ledger already', async () => {
      const job = await run();
      job.end();
      await server.next('result');
      server.cut();
      server = await bench.server.nextConnection();
      server.welcome({ verdicts: [{ ...first, verdict: 'forget', logFrom: 0 }] });
      await server.next('heartbeat');
      server.cut();
      expect((await bench.server.welcomed()).hello.journal).toEqual([]);
    });
  });
});
