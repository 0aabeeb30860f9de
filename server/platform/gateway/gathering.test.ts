import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { closeCodes } from '../../../shared/protocol.ts';
import { connectAgent, createAgentKeys, openSocket } from '../../../tests/support/agent-client.ts';
import { startGateway, type TestGateway } from '../../../tests/support/gateway.ts';
import { createGathering } from './gathering.ts';

const keys = createAgentKeys();
let running: TestGateway | undefined;

afterEach(async () => {
  await running?.dispose();
  running = undefined;
});

describe('a fleet that is to come back', () => {
  const gatheringOf = (fleetSize: number, connected = 0, byte = 0) =>
    createGathering({
      fleetSize,
      connected: () => connected,
      restartMs: 1500,
      returnsPerSecond: 500,
      randomBytes: (size) => new Uint8Array(size).fill(byte),
    });

  it('is given the longer the larger it is, and the start of a server', () => {
    expect(gatheringOf(10).restarting()).toEqual({ type: 'come_back', afterMs: 1500, withinMs: 2000 });
    expect(gatheringOf(10_000).restarting().withinMs).toBe(20_000);
    expect(gatheringOf(10, 5000).restarting().withinMs).toBe(10_000);
    expect(gatheringOf(10_000_000).withinMs()).toBe(600_000);
    expect(gatheringOf(10_000).returning()).toEqual({ type: 'come_back', afterMs: 0, withinMs: 20_000 });
  });

  it('is refused for times that are spread over what the missing ones need', () => {
    expect(gatheringOf(10_000, 5000, 0).retryAfterSeconds()).toBe(1);
    expect(gatheringOf(10_000, 5000, 255).retryAfterSeconds()).toBe(10);
    expect(gatheringOf(10_000, 9999, 255).retryAfterSeconds()).toBe(2);
    expect(gatheringOf(1_000_000, 0, 255).retryAfterSeconds()).toBe(30);
  });

  it('is told in the welcome, and before the server closes its connections', async () => {
    running = await startGateway({ fleetSize: 7500, restartMs: 400 });
    const agent = await connectAgent(running.url, { agentId: 'a', keys });
    expect(agent.welcome.comeBackWithinMs).toBe(10_000);
    const greeting = await openSocket(running.url);
    await greeting.next('challenge');
    const stopped = running.gateway.stop();
    expect(await agent.next('come_back')).toEqual({ type: 'come_back', afterMs: 400, withinMs: 10_000 });
    expect((await agent.closed).code).toBe(closeCodes.comeBack);
    // who has not proved who it is gets no word that it would have to believe
    expect((await greeting.closed).code).toBe(closeCodes.comeBack);
    expect(greeting.received.map(({ type }) => type)).toEqual(['challenge']);
    await stopped;
  });

  it('is told when to try again where there is no place', async () => {
    running = await startGateway({ settings: { maxUnauthenticated: 1 }, fleetSize: 7500 });
    const first = await openSocket(running.url);
    const second = connect(Number(new URL(running.url).port), '127.0.0.1');
    const answer = new Promise<string>((resolve) => second.once('data', (bytes) => resolve(String(bytes))));
    second.write(
      'GET /agent/v1/connect HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    const [, seconds] = /^retry-after: (\d+)\r$/m.exec(await answer) ?? [];
    expect(Number(seconds)).toBeGreaterThanOrEqual(1);
    expect(Number(seconds)).toBeLessThanOrEqual(10);
    second.destroy();
    first.terminate();
  });
});
