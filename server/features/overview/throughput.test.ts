import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ExecutionState } from '../../../shared/states.ts';
import { createFakeClock, type FakeClock } from '../../../tests/support/clock.ts';
import { openTestDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import { createEventBus, type EventBus } from '../../platform/events/bus.ts';
import { createThroughput, minuteMs, type Throughput } from './throughput.service.ts';
import { throughputBars } from './throughput-bars.ts';

let database: TestDatabase;
let clock: FakeClock;
let events: EventBus;
let running: Throughput[];
beforeEach(async () => {
  database = await openTestDatabase();
  clock = createFakeClock();
  events = createEventBus((error) => {
    throw error;
  });
  running = [];
});
afterEach(async () => {
  for (const throughput of running) await throughput.stop();
  await database.dispose();
});

async function begin(): Promise<Throughput> {
  const throughput = createThroughput({ db: database.db, clock, events, log: { error: () => undefined } });
  await throughput.begin();
  running.push(throughput);
  return throughput;
}

const end = (state: ExecutionState): void =>
  events.emit('execution.changed', { executionId: 'exe_1', runId: 'run_1', taskId: 'tsk_1', agentId: null, state, attempt: 1 });
const ends = (throughput: Throughput): number[][] =>
  throughput.lastHour().map(({ succeeded, failed, other }) => [succeeded, failed, other]);

describe('executions that ended per minute', () => {
  test('are counted by how they ended, and only when they ended', async () => {
    const throughput = await begin();
    for (const state of ['queued', 'running', 'succeeded', 'succeeded', 'failed', 'lost', 'skipped'] as const) end(state);
    expect(ends(throughput)).toHaveLength(60);
    expect(ends(throughput).at(-1)).toEqual([2, 2, 1]);
  });

  test('move to the left as time goes on, and out of the picture after an hour', async () => {
    const throughput = await begin();
    end('succeeded');
    clock.set(clock.now() + 2 * minuteMs);
    end('failed');
    expect(ends(throughput).slice(-3)).toEqual([
      [1, 0, 0],
      [0, 0, 0],
      [0, 1, 0],
    ]);
    clock.set(clock.now() + 60 * minuteMs);
    expect(
      ends(throughput)
        .flat()
        .every((count) => count === 0),
    ).toBe(true);
  });

  test('survive a restart, also one within a minute, after which the counting goes on', async () => {
    const before = await begin();
    end('succeeded');
    await before.stop();
    await before.stop();
    const after = await begin();
    end('succeeded');
    expect(ends(after).at(-1)).toEqual([2, 0, 0]);
    await after.stop();
    expect(ends(await begin()).at(-1)).toEqual([2, 0, 0]);
  });

  test('are written once a minute, and those of yesterday removed', async () => {
    await begin();
    end('succeeded');
    await clock.advance(minuteMs);
    expect(await rows()).toBe(1);
    clock.set(clock.now() + 25 * 60 * minuteMs);
    end('succeeded');
    await clock.advance(2 * minuteMs);
    expect(await rows()).toBe(1);
  });
});

const rows = async (): Promise<number> => (await database.db.read.selectFrom('throughput').selectAll().execute()).length;

describe('the bars of the picture', () => {
  const minute = (succeeded: number, failed = 0) => ({ minute: 0, succeeded, failed, other: 0 });

  test('stand on the ground, failures below, and fill the picture at most', () => {
    const { bars, ended, failed, mostInAMinute } = throughputBars([minute(0), minute(90, 10), minute(50)]);
    expect({ ended, failed, mostInAMinute }).toEqual({ ended: 150, failed: 10, mostInAMinute: 100 });
    expect(bars[0]?.parts).toEqual([]);
    const [bad, good] = bars[1]?.parts ?? [];
    expect([bad?.tone, good?.tone]).toEqual(['bad', 'good']);
    expect((bad?.y ?? 0) + (bad?.height ?? 0)).toBe(48);
    expect(good?.y).toBeGreaterThanOrEqual(0);
  });

  test('show one failure among thousands', () => {
    expect(throughputBars([minute(100_000, 1)]).bars[0]?.parts[0]?.height).toBeGreaterThan(1);
  });
});
