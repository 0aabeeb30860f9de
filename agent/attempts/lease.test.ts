import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { AgentMessage } from '../../shared/protocol.ts';
import { createFakeClock } from '../../tests/support/clock.ts';
import { noop, offerOf } from '../../tests/support/fake-server.ts';
import type { Obtained } from '../plugins/plugin-cache.ts';
import { createOffers } from './offers.ts';
import { createSlots } from './slots.ts';

const entry = { name: 'noop', version: '1.0.0', sha256: 'a'.repeat(64), bytes: 1 };

describe('the lease of an offer', () => {
  /** An offer whose plugin is fetched for as long as the test wants. */
  function offered() {
    const clock = createFakeClock();
    const sent: AgentMessage[] = [];
    const fetched = Promise.withResolvers<Obtained>();
    const slots = createSlots(1);
    const offers = createOffers({
      held: { hasEarlierRunning: () => false },
      uplink: {
        isUp: () => true,
        hasRoom: () => true,
        send: (message) => sent.push(message) > 0,
        attach() {},
        detach() {},
        onChange() {},
      },
      plugins: { ready: () => undefined, obtain: () => fetched.promise },
      executor: { refusal: () => undefined },
      slots,
      admission: { obstacle: () => undefined },
      clock,
      log: pino({ level: 'silent' }),
    });
    offers.offer(offerOf(entry, { leaseSeconds: 10 }));
    const arrive = async (): Promise<void> => {
      fetched.resolve({ bundle: { name: 'noop', sha256: entry.sha256, dir: '/', manifest: noop.manifest as never } });
      await new Promise(setImmediate);
    };
    return { clock, sent, arrive, slots, offers };
  }

  it('goes on while the host sleeps: what woke up too late is not accepted, and its slot is free', async () => {
    const { clock, sent, arrive, slots } = offered();
    clock.suspend(10_000);
    await arrive();
    expect(sent).toEqual([]);
    expect(slots.take()).toBe(true);
  });

  it('goes on while the agent is stopped', async () => {
    const { clock, sent, arrive } = offered();
    clock.stall(11_000);
    await arrive();
    expect(sent).toEqual([]);
  });

  it.each([3_600_000, -3_600_000])('is neither longer nor shorter when the wall clock is set (%i ms)', async (jump) => {
    const { clock, sent, arrive } = offered();
    clock.set(clock.now() + jump);
    await clock.advance(9000);
    await arrive();
    expect(sent).toMatchObject([{ type: 'accept' }]);
  });
});
