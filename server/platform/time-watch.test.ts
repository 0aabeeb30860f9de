import { beforeEach, describe, expect, test } from '@jest/globals';
import { createFakeClock, type FakeClock } from '../../tests/support/clock.ts';
import { createSteadyClock, type SteadyClock } from './steady-clock.ts';
import { createTimeWatch, type TimeWatch } from './time-watch.ts';

const hourMs = 3_600_000;
let host: FakeClock;
let clock: SteadyClock;
let watch: TimeWatch;
let told: string[];
let fail: Error | undefined;
beforeEach(() => {
  host = createFakeClock(1_000_000_000);
  clock = createSteadyClock(host);
  told = [];
  fail = undefined;
  watch = createTimeWatch({
    clock,
    async onJump(ms) {
      if (fail !== undefined) throw fail;
      clock.follow(ms);
      told.push(`jump ${ms}`);
    },
    async onGap(ms) {
      if (fail !== undefined) throw fail;
      told.push(`gap ${ms}`);
    },
  });
});

describe.each([
  ['forward', hourMs],
  ['back', -hourMs],
])('a clock that is set %s by an hour', (_name, ms) => {
  test('is not followed before somebody looks, and once by who does', async () => {
    const before = clock.now();
    host.set(host.now() + ms);
    await host.advance(500);
    expect(clock.now()).toBe(before + 500);
    await Promise.all([watch.look(), watch.look()]);
    await host.advance(1000);
    await watch.look();
    expect(told).toEqual([`jump ${ms}`]);
    expect(clock.now()).toBe(host.now());
  });

  test('is followed at a later look when the first one failed, and nobody is let on until then', async () => {
    host.set(host.now() + ms);
    fail = new Error('disk full');
    await expect(watch.look()).rejects.toThrow('disk full');
    fail = undefined;
    await watch.look();
    expect(told).toEqual([`jump ${ms}`]);
  });
});

test('small corrections are followed without a word', async () => {
  host.set(host.now() - 1500);
  await watch.look();
  expect(told).toEqual([]);
  expect(clock.now()).toBe(host.now());
});

describe('a process that stood still', () => {
  test('is told of its gap once, less the second between two looks', async () => {
    host.stall(61_000);
    await Promise.all([watch.look(), watch.look()]);
    await host.advance(1000);
    await watch.look();
    expect(told).toEqual(['gap 60000']);
  });

  test('is told of it again when nothing could be done at first', async () => {
    host.stall(11_000);
    fail = new Error('disk full');
    await expect(watch.look()).rejects.toThrow('disk full');
    fail = undefined;
    await host.advance(1000);
    await watch.look();
    expect(told).toEqual(['gap 10000']);
  });

  test('while the clock was set too, hears of both', async () => {
    host.stall(11_000);
    host.set(host.now() + hourMs);
    await watch.look();
    expect(told).toEqual([`jump ${hourMs}`, 'gap 10000']);
  });
});
