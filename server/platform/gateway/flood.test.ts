import { afterEach, describe, expect, it } from '@jest/globals';
import { closeCodes, maxFrameMessages } from '../../../shared/protocol.ts';
import { connectAgent, createAgentKeys } from '../../../tests/support/agent-client.ts';
import { eventually } from '../../../tests/support/eventually.ts';
import { startGateway, type TestGateway } from '../../../tests/support/gateway.ts';
import { heartbeat } from '../../../tests/support/heartbeat.ts';

const keys = createAgentKeys();
let running: TestGateway | undefined;

async function start(...args: Parameters<typeof startGateway>): Promise<TestGateway> {
  running = await startGateway(...args);
  return running;
}

afterEach(async () => {
  await running?.dispose();
  running = undefined;
});

describe('frames that came together', () => {
  it('are heard in few turns of the event loop, so that what they bring shares a commit', async () => {
    let turn = 0;
    const heardInTurn: number[] = [];
    const handlers = {
      heartbeat() {
        heardInTurn.push(turn);
        setImmediate(() => {
          turn += 1;
        });
      },
    };
    const { url } = await start({ handlers });
    const agent = await connectAgent(url, { agentId: 'a', keys });
    for (let count = 0; count < 20; count += 1) agent.send(heartbeat);
    await eventually('all were heard', () => Promise.resolve(heardInTurn.length === 20));
    // the network may have cut them in a few pieces
    expect(new Set(heardInTurn).size).toBeLessThan(5);
  });
});

describe('an agent that floods', () => {
  it('with frames is read a little in each turn as well', async () => {
    let turn = 0;
    let isCounting = false;
    const charactersOfTurn = new Map<number, number>();
    const count = (): void => {
      turn += 1;
      isCounting = false;
    };
    const { url } = await start({
      handlers: {
        log(_connection, { text }) {
          charactersOfTurn.set(turn, (charactersOfTurn.get(turn) ?? 0) + text.length);
          if (!isCounting) setImmediate(count);
          isCounting = true;
        },
      },
    });
    const text = 'x'.repeat(10_000);
    const log = { type: 'log', execution: 'e', attempt: 1, offset: 0, stream: 'out', at: 0, text } as const;
    const loud = await connectAgent(url, { agentId: 'loud', keys });
    for (let sent = 0; sent < 500; sent += 1) loud.send(log);
    const heard = (): number => [...charactersOfTurn.values()].reduce((sum, size) => sum + size, 0);
    await eventually('the flood is over', () => Promise.resolve(heard() === 5_000_000));
    // the bound, and what the socket had handed over already
    expect(Math.max(...charactersOfTurn.values())).toBeLessThan(2 * 256 * 1024);
  });

  it('is heard a little in each turn, so that the others get theirs', async () => {
    const heard: string[] = [];
    const { url } = await start({ handlers: { heartbeat: ({ agentId }) => void heard.push(agentId) } });
    const loud = await connectAgent(url, { agentId: 'loud', keys });
    const quiet = await connectAgent(url, { agentId: 'quiet', keys });
    loud.send(...Array.from({ length: 15_000 }, () => heartbeat));
    await eventually('the flood has begun', () => Promise.resolve(heard.length > 0));
    quiet.send(heartbeat);
    await quiet.next('heartbeat_ack');
    expect(heard.filter((id) => id === 'loud').length).toBeLessThan(15_000);
    await eventually('the flood is over', () => Promise.resolve(heard.length === 15_001));
  });

  it('with output is not read while too much of it waits for the disk, whoever sent it', async () => {
    let commit = (): void => {};
    const disk = new Promise<void>((resolve) => {
      commit = resolve;
    });
    const heard: string[] = [];
    const { url } = await start({
      settings: { maxOutputUnderWay: 100_000 },
      handlers: {
        log({ agentId }) {
          heard.push(agentId);
          return disk;
        },
      },
    });
    const text = 'x'.repeat(50_000);
    const log = { type: 'log', execution: 'e', attempt: 1, offset: 0, stream: 'out', at: 0, text } as const;
    const one = await connectAgent(url, { agentId: 'one', keys });
    const other = await connectAgent(url, { agentId: 'other', keys });
    for (let count = 0; count < 100; count += 1) one.send(log);
    await eventually('one has taken all the room', () => Promise.resolve(heard.length === 2));
    for (let count = 0; count < 100; count += 1) other.send(log);
    await eventually('the network is full', () => Promise.resolve(other.bufferedAmount() > 0 || one.bufferedAmount() > 0));
    expect(heard).toEqual(['one', 'one']);
    commit();
    await eventually('both were heard in the end', () => Promise.resolve(heard.length === 200));
  });

  it('with more messages in a frame than there may be is closed', async () => {
    const { url } = await start();
    const agent = await connectAgent(url, { agentId: 'a', keys });
    agent.sendText(`[${Array.from({ length: maxFrameMessages + 1 }, () => '{"type":"x"}').join()}]`);
    expect(await agent.closed).toMatchObject({ code: closeCodes.malformed, reason: 'The frame holds too many messages.' });
  });
});

describe('many agents that flood', () => {
  const text = 'x'.repeat(50_000);
  const log = { type: 'log', execution: 'e', attempt: 1, offset: 0, stream: 'out', at: 0, text } as const;

  it('are read a little in each turn, all together, so that it does not grow with the fleet', async () => {
    let turn = 0;
    let isCounting = false;
    const heardInTurn = new Map<number, number>();
    const endTurn = (): void => {
      turn += 1;
      isCounting = false;
    };
    const { url } = await start({
      settings: { maxReadPerTurn: 200_000 },
      handlers: {
        log() {
          heardInTurn.set(turn, (heardInTurn.get(turn) ?? 0) + 1);
          if (!isCounting) setImmediate(endTurn);
          isCounting = true;
        },
      },
    });
    const names = Array.from({ length: 20 }, (_, index) => `loud-${index}`);
    const agents = await Promise.all(names.map((agentId) => connectAgent(url, { agentId, keys })));
    for (const agent of agents) for (let sent = 0; sent < 20; sent += 1) agent.send(log);
    const heard = (): number => [...heardInTurn.values()].reduce((sum, count) => sum + count, 0);
    await eventually('the flood is over', () => Promise.resolve(heard() === 400));
    // what is counted as one turn may be the end of one and the beginning of the next
    expect(Math.max(...heardInTurn.values())).toBeLessThanOrEqual(10);
  });

  it('are heard in the order of their frames, large and small', async () => {
    const heard: string[] = [];
    const { url } = await start({
      settings: { maxReadPerTurn: 1 },
      handlers: {
        log: (_connection, { offset }) => void heard.push(`log ${offset}`),
        progress: (_connection, { fraction }) => void heard.push(`progress ${fraction}`),
      },
    });
    const agent = await connectAgent(url, { agentId: 'a', keys });
    const sent: string[] = [];
    for (let count = 0; count < 40; count += 1) {
      agent.send({ ...log, offset: count });
      agent.send({ type: 'progress', execution: 'e', attempt: 1, fraction: count / 40, text: '' });
      sent.push(`log ${count}`, `progress ${count / 40}`);
    }
    await eventually('all were heard', () => Promise.resolve(heard.length === sent.length));
    expect(heard).toEqual(sent);
  });

  it('do not hold up what another one says in a few words', async () => {
    let heard = 0;
    const { url } = await start({
      settings: { maxReadPerTurn: 1 },
      handlers: {
        log() {
          heard += 1;
        },
      },
    });
    const loud = await connectAgent(url, { agentId: 'loud', keys });
    const quiet = await connectAgent(url, { agentId: 'quiet', keys });
    for (let sent = 0; sent < 200; sent += 1) loud.send(log);
    await eventually('the flood has begun', () => Promise.resolve(heard > 0));
    quiet.send(heartbeat);
    await quiet.next('heartbeat_ack');
    expect(heard).toBeLessThan(200);
    await eventually('the flood is over', () => Promise.resolve(heard === 200));
  });
});

describe('an agent that sends what cannot be read', () => {
  it('waits before it is let in again, longer each time, and is forgiven in the end', async () => {
    const { url, clock } = await start();
    const sendNonsense = async (): Promise<void> => {
      const agent = await connectAgent(url, { agentId: 'a', keys });
      agent.sendText('nonsense');
      expect((await agent.closed).code).toBe(closeCodes.malformed);
    };
    for (const waitMs of [1000, 2000, 4000]) {
      await sendNonsense();
      await clock.advance(waitMs - 1);
      await expect(connectAgent(url, { agentId: 'a', keys })).rejects.toThrow();
      await connectAgent(url, { agentId: 'b', keys });
      await clock.advance(1);
    }
    await clock.advance(600_000);
    await sendNonsense();
    await clock.advance(1000);
    await sendNonsense();
  });
});
