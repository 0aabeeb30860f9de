import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SignedEntry } from '../../shared/plugin-bundle.ts';
import { closeCodes } from '../../shared/protocol.ts';
import { createFakeClock, type FakeClock } from '../../tests/support/clock.ts';
import { eventually } from '../../tests/support/eventually.ts';
import { type FakeConnection, noop, offerOf } from '../../tests/support/fake-server.ts';
import { type AgentBench, openAgentBench } from '../../tests/support/test-agent.ts';

const hour = 3_600_000;

describe('a connection of an agent whose time does not run evenly', () => {
  let bench: AgentBench;
  let entry: SignedEntry;
  let clock: FakeClock;
  let server: FakeConnection;

  beforeEach(async () => {
    bench = await openAgentBench({ silenceSeconds: 60, heartbeatSeconds: 1000 });
    entry = bench.server.publish(noop);
    clock = createFakeClock();
    await bench.start({}, { clock });
    server = await bench.server.welcomed();
    await server.next('heartbeat');
  });
  afterEach(async () => {
    // the agent's patience with its last connection is on the clock too
    const turning = setInterval(() => void clock.advance(1000), 5);
    await bench.close();
    clearInterval(turning);
  });

  it('is not followed any more when the agent was stopped for longer than the silence that both sides allow', async () => {
    clock.stall(61_000);
    server.send(offerOf(entry), { type: 'start', execution: 'exe_1', attempt: 1 });
    expect(await server.closed).toBe(1006);
    expect(server.received.map(({ type }) => type)).not.toContain('accept');
    await clock.advance(1);
    const next = await bench.server.welcomed();
    next.send(offerOf(entry, { attempt: 2 }));
    expect(await next.next('accept')).toMatchObject({ attempt: 2 });
    expect(bench.executor.jobs).toHaveLength(0);
  });

  it('is made anew within seconds after a sleep of the host, not after another time of silence', async () => {
    clock.suspend(hour);
    await clock.advance(5000);
    await server.closed;
    await clock.advance(1);
    await bench.server.welcomed();
  });

  it.each([hour, -hour])('does not care for a wall clock that is set (%i ms)', async (jump) => {
    clock.set(clock.now() + jump);
    await clock.advance(30_000);
    server.send(offerOf(entry));
    await server.next('accept');
    server.send({ type: 'start', execution: 'exe_1', attempt: 1 });
    const job = await bench.executor.nextJob();
    clock.set(clock.now() - 2 * jump);
    job.sink.output('out', 'a line\n');
    await clock.advance(20);
    await server.next('log');
    await eventually('it is acknowledged', () => bench.server.logOf('exe_1').length > 0);
    job.end();
    await server.next('result');
    server.close(closeCodes.comeBack);
    await clock.advance(2000);
    await bench.server.welcomed();
  });
});
