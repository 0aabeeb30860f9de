import { afterEach, describe, expect, it } from '@jest/globals';
import { closeCodes, type ServerMessage } from '../../../shared/protocol.ts';
import { connectAgent, createAgentKeys } from '../../../tests/support/agent-client.ts';
import { eventually } from '../../../tests/support/eventually.ts';
import { startGateway, type TestGateway } from '../../../tests/support/gateway.ts';
import { serialise } from './send-queue.ts';

const keys = createAgentKeys();
const filler = 'x'.repeat(60_000);
let running: TestGateway | undefined;

async function start(...args: Parameters<typeof startGateway>): Promise<TestGateway> {
  running = await startGateway(...args);
  return running;
}

afterEach(async () => {
  await running?.dispose();
  running = undefined;
});

const ack = (attempt: number): ServerMessage => ({ type: 'ack', execution: 'e', attempt });

describe('what the server sends', () => {
  it('leaves as one frame per turn, in order', async () => {
    const { url, ready } = await start();
    const agent = await connectAgent(url, { agentId: 'a', keys });
    for (const attempt of [1, 2, 3]) ready[0]?.send(attempt === 2 ? serialise(ack(2)) : ack(attempt));
    await agent.next('ack', ({ attempt }) => attempt === 3);
    ready[0]?.send(ack(4));
    await agent.next('ack', ({ attempt }) => attempt === 4);
    expect(agent.received.slice(2)).toEqual([ack(1), ack(2), ack(3), ack(4)]);
    expect(agent.frames.slice(2)).toEqual([3, 1]);
  });

  it('never makes a frame larger than the far side takes', async () => {
    const { url, ready } = await start();
    const agent = await connectAgent(url, { agentId: 'a', keys });
    for (let count = 0; count < 100; count += 1) ready[0]?.send({ type: 'refused', code: String(count), message: filler });
    await agent.next('refused', ({ code }) => code === '99');
    expect(agent.frames.slice(2)).toEqual([69, 31]);
  });

  it('closes an agent that does not read, with a bounded queue', async () => {
    const { url, ready, gone } = await start({ settings: { maxQueueBytes: 1_000_000 } });
    const agent = await connectAgent(url, { agentId: 'a', keys });
    agent.pause();
    let sent = 0;
    await eventually('the queue is full', async () => {
      sent += 1;
      return ready[0]?.send({ type: 'refused', code: 'x', message: filler }) === false;
    });
    expect(sent).toBeGreaterThan(16);
    expect(ready[0]?.isOpen()).toBe(false);
    expect(gone).toEqual(['a']);
    agent.resume();
    expect((await agent.closed).code).toBe(closeCodes.tooSlow);
  });
});

describe('an agent that floods', () => {
  it('is no longer read while too many of its messages are in flight, and loses none', async () => {
    const pending: (() => void)[] = [];
    let most = 0;
    let handled = 0;
    const { url } = await start({
      settings: { maxInFlight: 8 },
      handlers: {
        log: () => {
          handled += 1;
          most = Math.max(most, pending.length + 1);
          return new Promise((resolve) => pending.push(resolve));
        },
      },
    });
    const agent = await connectAgent(url, { agentId: 'a', keys });
    const messages = 600;
    for (let n = 0; n < messages; n += 1) {
      agent.send({ type: 'log', execution: 'e', attempt: 1, offset: n * 60_000, stream: 'out', at: 0, text: filler });
    }
    await eventually('the bound is reached', () => pending.length === 8);
    await eventually('the network pushes back', () => agent.bufferedAmount() > 1_000_000);
    const stuck = agent.bufferedAmount();
    expect(handled).toBe(8);
    while (handled < messages || pending.length > 0) {
      for (const resolve of pending.splice(0)) resolve();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(stuck).toBeGreaterThan(1_000_000);
    expect(most).toBe(8);
    expect(handled).toBe(messages);
  });

  it('is not silent while the server does not read it', async () => {
    const work = Promise.withResolvers<void>();
    const { url, clock, ready } = await start({ settings: { maxInFlight: 1 }, handlers: { facts: () => work.promise } });
    const agent = await connectAgent(url, { agentId: 'a', keys });
    agent.send({ type: 'facts', facts: {}, runtimes: {} }, { type: 'facts', facts: {}, runtimes: {} });
    await eventually('the server has read it', () => agent.bufferedAmount() === 0);
    await clock.advance(1);
    await clock.advance(600_000);
    expect(ready[0]?.isOpen()).toBe(true);
    work.resolve();
    await clock.advance(600_000);
    expect((await agent.closed).code).toBe(closeCodes.silent);
  });
});
