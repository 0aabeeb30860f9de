import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createFakeClock } from '../../tests/support/clock.ts';
import type { Job, JobSink } from './job.ts';
import { endOfValue } from './job-end.ts';
import { runJob } from './running-job.ts';

const job = { execution: 'exe_1', attempt: 1, timeoutSeconds: 60, graceSeconds: 1, workspace: '/nowhere' } as unknown as Job;
const sink = { spawned() {}, output() {} } as unknown as JobSink;

describe('the time limit of work', () => {
  /** Work that ends when the test says so, or when it is asked to. */
  function begun() {
    const clock = createFakeClock();
    const work = Promise.withResolvers<void>();
    const tree = { end: async () => ({ found: [], left: [] }) } as never;
    const { done } = runJob(
      job,
      sink,
      async () => ({
        mark: { pid: 1, startMark: '' },
        ended: work.promise,
        ask: work.resolve,
        tree: () => undefined,
        finish: async () => endOfValue(null),
        mayHaveWorkspace: () => false,
      }),
      { tree, clock, log: pino({ level: 'silent' }) },
    );
    return { clock, end: work.resolve, done };
  }

  it('ends work that runs longer', async () => {
    const { clock, done } = begun();
    await clock.advance(60_000);
    expect(await done).toMatchObject({ outcome: 'timed_out', durationMs: 60_000 });
  });

  it.each([3_600_000, -3_600_000])('is not touched by a wall clock that is set (%i ms), nor is the duration', async (jump) => {
    const { clock, end, done } = begun();
    await clock.advance(10_000);
    clock.set(clock.now() + jump);
    await clock.advance(10_000);
    end();
    expect(await done).toMatchObject({ outcome: 'succeeded', durationMs: 20_000 });
  });

  it('does not count the sleep of the host, in which the work slept too', async () => {
    const { clock, end, done } = begun();
    clock.suspend(3_600_000);
    await clock.advance(10_000);
    end();
    expect(await done).toMatchObject({ outcome: 'succeeded', durationMs: 10_000 });
  });

  it('does not overtake the end of work that ended in time while the agent itself was stopped', async () => {
    const { clock, end, done } = begun();
    await clock.advance(10_000);
    clock.stall(120_000);
    await clock.advance(0);
    end();
    expect(await done).toMatchObject({ outcome: 'succeeded' });
  });

  it('ends after such a stop what is over its limit and still runs', async () => {
    const { clock, done } = begun();
    await clock.advance(10_000);
    clock.stall(120_000);
    await clock.advance(0);
    await clock.advance(1000);
    expect(await done).toMatchObject({ outcome: 'timed_out' });
  });
});
