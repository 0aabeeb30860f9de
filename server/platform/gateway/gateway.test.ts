import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { closeCodes, maxFrameBytes } from '../../../shared/protocol.ts';
import { connectAgent, createAgentKeys, helloOf, openSocket } from '../../../tests/support/agent-client.ts';
import { eventually } from '../../../tests/support/eventually.ts';
import { admission, startGateway, type TestGateway, welcomeTo } from '../../../tests/support/gateway.ts';
import { heartbeat } from '../../../tests/support/heartbeat.ts';

const keys = createAgentKeys();
const progress = (fraction: number) => ({ type: 'progress', execution: 'e', attempt: 1, fraction, text: '' }) as const;
let running: TestGateway | undefined;

async function start(...args: Parameters<typeof startGateway>): Promise<TestGateway> {
  running = await startGateway(...args);
  return running;
}

afterEach(async () => {
  await running?.dispose();
  running = undefined;
});

describe('an agent with two connections', () => {
  it('keeps the newest, and drops what the old one still sends', async () => {
    const handled: [unknown, number][] = [];
    const { url, ready, gone, gateway } = await start({
      handlers: { progress: (connection, { fraction }) => void handled.push([connection, fraction]) },
    });
    const old = await connectAgent(url, { agentId: 'a', keys });
    old.pause();
    const newest = await connectAgent(url, { agentId: 'a', keys });
    old.send(progress(0.1));
    newest.send(progress(0.2));
    await eventually('a message was handled', () => handled.length > 0);
    old.resume();
    expect((await old.closed).code).toBe(closeCodes.replaced);
    expect(handled).toEqual([[ready[1], 0.2]]);
    expect([ready[0]?.isOpen(), ready[1]?.isOpen()]).toEqual([false, true]);
    expect(ready[0]?.send({ type: 'heartbeat_ack', time: 0 })).toBe(false);
    expect(gone).toEqual(['a']);
    expect(gateway.counts().connected).toBe(1);
  });

  it('does not look at the ledger for the new one before the work of the old one is over', async () => {
    const work = Promise.withResolvers<void>();
    const order: string[] = [];
    const { url } = await start({
      admit: async () => admission('a', async () => { order.push('prepare'); return welcomeTo('a'); }), // biome-ignore format: one line
      handlers: { progress: () => work.promise.then(() => void order.push('handled')) },
    });
    const old = await connectAgent(url, { agentId: 'a', keys });
    old.send(progress(0.1), heartbeat);
    await old.next('heartbeat_ack');
    const newest = await openSocket(url);
    newest.send(helloOf((await newest.next('challenge')).nonce, { agentId: 'a', keys }));
    expect((await old.closed).code).toBe(closeCodes.replaced);
    expect(order).toEqual(['prepare']);
    work.resolve();
    await newest.next('welcome');
    expect(order).toEqual(['prepare', 'handled', 'prepare']);
  });

  it('replaces a connection whose admission is still under way', async () => {
    const slow = Promise.withResolvers<void>();
    let prepared = 0;
    const { url, ready } = await start({
      admit: async () => admission('a', async () => {
        prepared += 1;
        if (prepared === 1) await slow.promise;
        return welcomeTo('a');
      }),
    }); // biome-ignore format: reads well
    const first = await openSocket(url);
    first.send(helloOf((await first.next('challenge')).nonce, { agentId: 'a', keys }));
    await eventually('the first is being admitted', () => prepared === 1);
    const second = connectAgent(url, { agentId: 'a', keys });
    expect((await first.closed).code).toBe(closeCodes.replaced);
    slow.resolve();
    await second;
    expect(ready).toHaveLength(1);
  });
});

describe('what an agent sends', () => {
  it('may be unknown, and is ignored then', async () => {
    const handled: number[] = [];
    const { url } = await start({ handlers: { progress: (_, { fraction }) => void handled.push(fraction) } });
    const agent = await connectAgent(url, { agentId: 'a', keys });
    agent.sendText(JSON.stringify([{ type: 'novelty', x: 1 }, progress(0.5)]));
    await eventually('the known message was handled', () => handled.length === 1);
    expect(handled).toEqual([0.5]);
  });

  const malformed: [string, string | Buffer, string][] = [
    ['no JSON', '{', 'The frame is not valid JSON.'],
    ['no object', '[1]', 'A message is an object with a type.'],
    ['without a type', '{}', 'type: A message names its type.'],
    ['a field at fault', JSON.stringify(progress(2)), 'progress.fraction: Too big: expected number to be <=1'],
    ['a field missing in an array', JSON.stringify([progress(1), { type: 'accept', execution: 'e' }]), 'accept.attempt: Invalid input: expected number, received undefined'],
    ['binary', Buffer.from('{}'), 'A frame is text, not binary.'],
    [
      'nested beyond reason',
      `{"type":"result","execution":"e","attempt":1,"outcome":"succeeded","reason":"finished","message":"","exitCode":0,"data":${'['.repeat(100_000)}${']'.repeat(100_000)},"durationMs":1,"logSize":0,"cutBytes":0}`,
      'result: It is nested too deeply.',
    ],
    [
      'nested deeper than anybody can read',
      `{"type":"result","execution":"e","attempt":1,"outcome":"succeeded","reason":"finished","message":"","exitCode":0,"data":${'['.repeat(65)}${']'.repeat(65)},"durationMs":1,"logSize":0,"cutBytes":0}`,
      'result.data: It is nested too deeply.',
    ],
  ]; // biome-ignore format: a table
  it.each(malformed)('closes the socket when it is malformed: %s', async (_, frame, reason) => {
    const handled: unknown[] = [];
    const { url, gone } = await start({ handlers: { progress: (_connection, message) => void handled.push(message) } });
    const agent = await connectAgent(url, { agentId: 'a', keys });
    agent.sendText(frame);
    expect(await agent.closed).toEqual({ code: closeCodes.malformed, reason });
    expect(handled).toEqual([]);
    expect(gone).toEqual(['a']);
  });

  it('closes the socket when a frame is larger than the limit', async () => {
    const { url, gone } = await start();
    const agent = await connectAgent(url, { agentId: 'a', keys });
    agent.sendText(`"${'x'.repeat(maxFrameBytes)}"`);
    expect((await agent.closed).code).toBe(1009);
    await eventually('the server knows', () => gone.length === 1);
  });

  it('closes the socket when its handler fails, so that it is sent again', async () => {
    const { url } = await start({ handlers: { progress: () => Promise.reject(new Error('the disk is full')) } });
    const agent = await connectAgent(url, { agentId: 'a', keys });
    agent.send(progress(0.5));
    expect((await agent.closed).code).toBe(1011);
  });
});

describe('silence', () => {
  it('closes a connection on which nothing was heard, and no other', async () => {
    const { url, clock, gone } = await start();
    const silent = await connectAgent(url, { agentId: 'silent', keys });
    const lively = await connectAgent(url, { agentId: 'lively', keys });
    for (let beats = 0; beats < 4; beats += 1) {
      await clock.advance(14_000);
      lively.send(heartbeat);
      await lively.next('heartbeat_ack');
    }
    expect((await silent.closed).code).toBe(closeCodes.silent);
    expect(gone).toEqual(['silent']);
  });

  it('is not heard in what waits in the sockets of a process that stood still', async () => {
    const { url, clock, gone } = await start();
    const agent = await connectAgent(url, { agentId: 'a', keys });
    clock.stall(600_000);
    await clock.advance(0);
    agent.send(heartbeat);
    await agent.next('heartbeat_ack');
    await clock.advance(44_000);
    expect(gone).toEqual([]);
    await clock.advance(15_000);
    expect((await agent.closed).code).toBe(closeCodes.silent);
  });

  it('does not come with a clock that is set', async () => {
    const { url, clock, gone } = await start();
    await connectAgent(url, { agentId: 'a', keys });
    clock.set(clock.now() + 3_600_000);
    await clock.advance(30_000);
    expect(gone).toEqual([]);
  });

  it('answers each heartbeat', async () => {
    const { url, clock } = await start();
    const agent = await connectAgent(url, { agentId: 'a', keys });
    agent.send(heartbeat);
    expect(await agent.next('heartbeat_ack')).toEqual({ type: 'heartbeat_ack', time: clock.now() });
  });
});

describe('sockets that have not proven who they are', () => {
  it('are limited per address and in all', async () => {
    const { url, gateway } = await start({ settings: { maxUnauthenticated: 3, maxUnauthenticatedPerAddress: 2 } });
    const first = await openSocket(url);
    await openSocket(url);
    await expect(openSocket(url)).rejects.toThrow('503');
    first.send(helloOf((await first.next('challenge')).nonce, { agentId: 'a', keys }));
    await first.next('welcome');
    await openSocket(url);
    expect(gateway.counts()).toEqual({ connected: 1, unauthenticated: 2 });
  });

  it('are cut off when they fill the memory with frames that never end, and an agent comes in all the same', async () => {
    const { url, gateway } = await start({ settings: { maxUnauthenticatedBytes: 1024 * 1024 } });
    const flood = async (): Promise<Socket> => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.on('error', () => {});
      socket.write(
        'GET /agent/v1/connect HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      );
      await once(socket, 'data');
      const header = Buffer.alloc(14);
      header.set([0x81, 0xff]);
      header.writeBigUInt64BE(BigInt(maxFrameBytes), 2);
      socket.write(Buffer.concat([header, Buffer.alloc(900_000)]));
      return socket;
    };
    const first = await flood();
    const second = await flood();
    await eventually('one of them was cut off', () => first.closed || second.closed);
    const agent = await connectAgent(url, { agentId: 'a', keys });
    agent.send(heartbeat);
    await agent.next('heartbeat_ack');
    for (const socket of [first, second]) socket.destroy();
    await eventually('nobody is left', () => gateway.counts().unauthenticated === 0);
  });

  it('are told why, when they do not begin as a WebSocket does', async () => {
    const { url } = await start();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET /agent/v1/connect HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(String(answer)).toContain("content-security-policy: default-src 'self'");
    expect(String(answer)).toContain('"code":"request_malformed"');
    socket.destroy();
  });

  it('give their place back when they go away, also in the middle of an upgrade', async () => {
    const { url, gateway } = await start();
    const socket = await openSocket(url);
    await fetch(`${url}/agent/v1/connect`, { headers: { connection: 'upgrade', upgrade: 'websocket' } }).catch(() => {});
    socket.terminate();
    await eventually('nobody is left', () => gateway.counts().unauthenticated === 0);
  });
});

describe('stop', () => {
  it('tells every agent to come back, takes no new one, and can be called twice', async () => {
    const { url, gateway, gone } = await start();
    const agent = await connectAgent(url, { agentId: 'a', keys });
    const greeting = await openSocket(url);
    await Promise.all([gateway.stop(), gateway.stop()]);
    expect((await agent.closed).code).toBe(closeCodes.comeBack);
    expect((await greeting.closed).code).toBe(closeCodes.comeBack);
    await expect(openSocket(url)).rejects.toThrow('503');
    expect(gone).toEqual(['a']);
  });

  it('waits for handlers under way, but not for ever for an agent that does not answer', async () => {
    const work = Promise.withResolvers<void>();
    let finished = false;
    const { url, gateway, clock } = await start({ handlers: { progress: () => work.promise.then(() => { finished = true; }) } }); // biome-ignore format: one line
    const agent = await connectAgent(url, { agentId: 'a', keys });
    agent.send(progress(0.5), heartbeat);
    await agent.next('heartbeat_ack');
    const hung = await connectAgent(url, { agentId: 'hung', keys });
    hung.pause();
    const stopped = gateway.stop();
    work.resolve();
    await agent.closed;
    await clock.advance(5_000);
    await stopped;
    expect(finished).toBe(true);
    hung.resume();
    await hung.closed;
  });
});
