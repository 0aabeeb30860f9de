import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createFakeClock, type FakeClock } from '../../../tests/support/clock.ts';
import { backOffMs, createLoop, type Loop, type LoopOptions } from './loop.ts';

let clock: FakeClock;
let loop: Loop;
let logged: unknown[];
let runs: number[];

beforeEach(() => {
  clock = createFakeClock(0);
  logged = [];
  runs = [];
});
afterEach(() => loop.stop());

const start = (options: Partial<LoopOptions> = {}) => {
  loop = createLoop({
    name: 'test',
    clock,
    everyMs: 1000,
    run: async () => void runs.push(clock.now()),
    log: { error: ((...args: unknown[]) => void logged.push(args)) as LoopOptions['log']['error'] },
    ...options,
  });
};

/** A run that is under way until it is told to end. */
const held = () => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  return { promise, end: resolve, fail: reject };
};

describe('a loop', () => {
  test('runs every so often, first after one interval', async () => {
    start();
    await clock.advance(3500);
    expect(runs).toEqual([1000, 2000, 3000]);
  });

  test('measures the interval from the end of a run, so that runs never overlap', async () => {
    const first = held();
    let under = 0;
    let most = 0;
    start({
      run: async () => {
        under += 1;
        most = Math.max(most, under);
        runs.push(clock.now());
        if (runs.length === 1) await first.promise;
        under -= 1;
      },
    });
    await clock.advance(5000);
    expect(runs).toEqual([1000]);
    first.end();
    await clock.advance(1000);
    expect(runs).toEqual([1000, 6000]);
    expect(most).toBe(1);
  });

  test('runs soon when it is woken, once for many calls, and a full interval later again', async () => {
    start();
    await clock.advance(500);
    loop.wake();
    loop.wake();
    await clock.advance(999);
    expect(runs).toEqual([500]);
    await clock.advance(1);
    expect(runs).toEqual([500, 1500]);
  });

  test('runs once more at once when it was woken during a run', async () => {
    const first = held();
    start({
      run: async () => {
        runs.push(clock.now());
        if (runs.length === 1) await first.promise;
      },
    });
    loop.wake();
    await clock.advance(0);
    loop.wake();
    loop.wake();
    first.end();
    await clock.advance(10);
    expect(runs).toEqual([0, 0]);
  });

  test('without an interval runs only when it is woken', async () => {
    start({ everyMs: null });
    await clock.advance(100_000);
    expect(runs).toEqual([]);
    loop.wake();
    await clock.advance(0);
    expect(runs).toEqual([100_000]);
  });

  test('adds jitter to the interval', async () => {
    start({ jitter: { share: 0.5, random: () => 0.5 } });
    await clock.advance(2600);
    expect(runs).toEqual([1250, 2500]);
  });

  test('logs an error, backs off longer with each one in a row, and goes on', async () => {
    let broken = true;
    start({
      run: async () => {
        runs.push(clock.now());
        if (broken) throw new Error('the disk is gone');
      },
    });
    await clock.advance(1000 + 1000 + 2000);
    expect(runs).toEqual([1000, 2000, 4000]);
    expect(logged).toHaveLength(3);
    expect(logged[2]).toEqual([
      { err: new Error('the disk is gone'), loop: 'test', failures: 3, nextRunInMs: 4000 },
      'a run of a loop failed',
    ]);
    broken = false;
    await clock.advance(4000 + 1000);
    expect(runs).toEqual([1000, 2000, 4000, 8000, 9000]);
  });

  test('does not let wakes shorten a back-off', async () => {
    start({
      run: async () => {
        runs.push(clock.now());
        throw new Error('no');
      },
    });
    loop.wake();
    await clock.advance(0);
    loop.wake();
    await clock.advance(999);
    expect(runs).toEqual([0]);
    await clock.advance(1);
    expect(runs).toEqual([0, 1000]);
  });

  test('stops: waits for the run under way, tells it so, and runs no more; twice is fine', async () => {
    const first = held();
    let told = false;
    let over = false;
    start({
      run: async (signal) => {
        signal.addEventListener('abort', () => void runs.push(clock.now()));
        await first.promise;
        told = signal.aborted;
        throw new Error('told to stop');
      },
    });
    loop.wake();
    await clock.advance(0);
    loop.wake();
    const stopped = loop.stop().then(() => {
      over = true;
    });
    await clock.advance(0);
    expect(over).toBe(false);
    first.end();
    await stopped;
    await loop.stop();
    loop.wake();
    await clock.advance(10_000);
    expect({ told, over, runs, logged, timers: clock.pending() }).toEqual({
      told: true,
      over: true,
      runs: [0],
      logged: [],
      timers: 0,
    });
  });
});

test('the back-off of a quick loop begins with its interval, that of a rare one with a second; both have a bound', () => {
  expect([1, 2, 3].map((failures) => backOffMs(failures, 250))).toEqual([250, 500, 1000]);
  expect([1, 2, 3].map((failures) => backOffMs(failures, 3_600_000))).toEqual([1000, 2000, 4000]);
  expect(backOffMs(50, 250)).toBe(30_000);
  expect(backOffMs(50, 3_600_000)).toBe(3_600_000);
});
