import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { closeCodes } from '../../shared/protocol.ts';
import { createFakeClock, type FakeClock } from '../../tests/support/clock.ts';
import { eventually } from '../../tests/support/eventually.ts';
import { type AgentBench, openAgentBench } from '../../tests/support/test-agent.ts';
import { type Connection, createConnection } from './connection.ts';

/** Lets the time go on until something happens that also waits for sockets. */
async function turning<T>(clock: FakeClock, ms: number, what: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => void clock.advance(ms), 5);
  try {
    return await what();
  } finally {
    clearInterval(timer);
  }
}

describe('an agent whose server restarts', () => {
  let bench: AgentBench;
  let clock: FakeClock;

  beforeEach(async () => {
    bench = await openAgentBench({ silenceSeconds: 600, heartbeatSeconds: 1000 });
    clock = createFakeClock();
    await bench.start({}, { clock });
  });
  afterEach(() => turning(clock, 1000, () => bench.close()));

  it('does not come back before the time that the server told, and then does', async () => {
    const first = await bench.server.welcomed();
    await first.next('heartbeat');
    first.send({ type: 'come_back', afterMs: 30_000, withinMs: 0 });
    first.close(closeCodes.comeBack);
    await first.closed;
    await eventually('it waits', () => clock.pending() > 0);
    let isBack = false;
    const next = bench.server.welcomed().then((connection) => {
      isBack = true;
      return connection;
    });
    await clock.advance(29_000);
    expect(isBack).toBe(false);
    await turning(clock, 500, () => next);
    expect(isBack).toBe(true);
  });
});

describe('an agent for which there is no place', () => {
  let server: Server;
  let connection: Connection;
  let clock: FakeClock;
  let asked = 0;
  let answer: { readonly status: number; readonly headers: Record<string, string> };

  beforeEach(async () => {
    asked = 0;
    clock = createFakeClock();
    server = createServer();
    server.on('upgrade', (_request, socket) => {
      asked += 1;
      const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.end(`HTTP/1.1 ${answer.status} No\r\nconnection: close\r\n${lines.join('')}content-length: 0\r\n\r\n`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    connection = createConnection({
      serverUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      openSession: () => ({ message: () => {}, closed: () => {} }),
      onOver: () => {},
      clock,
      random: () => 0.5,
      log: pino({ level: 'silent' }),
    });
  });
  afterEach(async () => {
    await connection.stop();
    await new Promise((resolve) => server.close(resolve));
  });

  it('waits as long as it is told, each time', async () => {
    answer = { status: 503, headers: { 'retry-after': '7' } };
    connection.start();
    for (let time = 1; time <= 3; time += 1) {
      await eventually('it asked, and waits', () => asked === time && clock.pending() === 1);
      await clock.advance(6999);
      expect(asked).toBe(time);
      // and half of the 3.5 s over which those are spread that were told the same
      await clock.advance(1751);
    }
    await eventually('it asked again', () => asked === 4 && clock.pending() === 1);
  });

  it.each([
    [502, '7'],
    [503, 'Sat, 21 Nov 2026 12:00:00 GMT'],
    [503, '0'],
  ])('comes again as ever, later each time, when no time is told (%s, Retry-After: %s)', async (status, told) => {
    answer = { status, headers: { 'retry-after': told } };
    connection.start();
    for (const [times, wait] of [250, 500, 1000].entries()) {
      await eventually('it asked, and waits', () => asked === times + 1 && clock.pending() === 1);
      await clock.advance(wait - 1);
      expect(asked).toBe(times + 1);
      await clock.advance(1);
    }
    await eventually('it asked again', () => asked === 4 && clock.pending() === 1);
  });
});
