import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Run } from '../../../shared/api/runs.ts';
import { type TaskInput, taskInput } from '../../../shared/api/tasks.ts';
import { admin, openTestLedger, type TestLedger } from '../../../tests/support/ledger.ts';
import { createLoop, type Loop } from '../../platform/loops/loop.ts';
import { createSchedules, type SchedulesResources, type SchedulesService } from './schedules.service.ts';

let ledger: TestLedger;
let schedules: SchedulesService;
let loop: Loop;
const errors: unknown[] = [];

/** As the server wires it: the loop passes when it is woken, and every change of a task wakes it. */
function start(changes: Partial<SchedulesResources> = {}): void {
  const { serverClock: clock, feature, events } = ledger;
  schedules = createSchedules({
    clock,
    dueTasks: feature.dueTasks,
    nextDueAt: feature.nextDueAt,
    fireDue: feature.tasks.fireDue,
    wake: () => loop.wake(),
    ...changes,
  });
  loop = createLoop({
    name: 'schedules',
    clock,
    everyMs: null,
    run: schedules.pass,
    log: { error: (fields: unknown) => void errors.push(fields) } as never,
  });
  events.on('task.changed', schedules.changed);
  loop.wake();
}

async function stop(): Promise<void> {
  schedules.stop();
  await loop.stop();
}

beforeEach(async () => {
  errors.length = 0;
  ledger = await openTestLedger();
  start();
});
afterEach(async () => {
  await stop();
  expect(ledger.clock.pending()).toBe(0);
  await ledger.dispose();
});

// 2026-01-05T12:00:00Z
const post = async (input: Record<string, unknown>) =>
  (await ledger.post({ owner: 'ALL', type: 'Interval', everySeconds: 60, overlap: 'parallel', ...input })).task;
const runs = async (): Promise<readonly Run[]> => [...(await ledger.feature.runs.list({ limit: 100 })).items].reverse();
const times = async (): Promise<string[]> => (await runs()).map(({ firedAt }) => firedAt.slice(11, 19));
const reasons = async (): Promise<(string | null)[]> =>
  [...(await ledger.feature.executions.list({ limit: 100 })).items].reverse().map(({ reason }) => reason);
const inputOf = (changes: Record<string, unknown>): TaskInput =>
  taskInput.parse({ owner: 'ALL', plugin: 'noop', type: 'Interval', everySeconds: 60, overlap: 'parallel', ...changes });

describe('on time', () => {
  test('an interval fires every so often from its making on, without drift', async () => {
    ledger.agent('web');
    await post({});
    await ledger.clock.advance(59_999);
    expect(await times()).toEqual([]);
    await ledger.clock.advance(1);
    expect(await times()).toEqual(['12:01:00']);
    await ledger.clock.advance(125_000);
    expect(await times()).toEqual(['12:01:00', '12:02:00', '12:03:00']);
    expect(await runs()).toMatchObject([{ trigger: 'interval', total: 1 }, {}, {}]);
  });

  test('cron fires at its time in its zone', async () => {
    await post({ type: 'Scheduled', everySeconds: undefined, cron: '30 14 * * *', timeZone: 'Europe/Berlin' });
    await ledger.clock.advance(3 * 3_600_000);
    expect(await times()).toEqual(['13:30:00']);
    expect(await runs()).toMatchObject([{ trigger: 'schedule' }]);
  });

  test('many tasks of one time all fire', async () => {
    await Promise.all(Array.from({ length: 450 }, () => post({})));
    await ledger.clock.advance(60_000);
    await ledger.clock.advance(1000);
    expect((await ledger.db.read.selectFrom('runs').select('id').execute()).length).toBe(450);
  });

  test('tasks that fire thick and fast share passes, and each fires within a twentieth of a second', async () => {
    const first = ledger.clock.now() + 60_000;
    await Promise.all(Array.from({ length: 40 }, (_, i) => post({ startsAt: new Date(first + i * 5).toISOString() })));
    await ledger.clock.advance(59_900);
    let passes = 0;
    const { dueTasks } = ledger.feature;
    await stop();
    start({
      dueTasks: (now, limit) => {
        passes += 1;
        return dueTasks(now, limit);
      },
    });
    await ledger.clock.advance(500);
    const made = await ledger.db.read.selectFrom('runs').select(['fired_at', 'created_at']).execute();
    expect(made).toHaveLength(40);
    expect(Math.max(...made.map(({ fired_at, created_at }) => created_at - fired_at))).toBeLessThanOrEqual(50);
    expect(passes).toBeLessThan(10);
  });

  test('a firing while the run before it is active leaves a row that says so', async () => {
    ledger.agent('web');
    await post({ overlap: 'skip' });
    await ledger.clock.advance(120_000);
    expect(await reasons()).toEqual(['waiting', 'overlap']);
  });
});

describe('after a stop', () => {
  test('short of a minute, the last firing runs late and the ones before it are told as missed', async () => {
    ledger.agent('web');
    await post({ everySeconds: 10 });
    await stop();
    await ledger.clock.advance(35_000);
    start();
    await ledger.clock.advance(0);
    expect(await times()).toEqual(['12:00:10', '12:00:30']);
    expect(await reasons()).toEqual(['misfired', 'waiting']);
    const { items } = await ledger.feature.executions.list({ limit: 10, state: 'skipped' });
    expect(items[0]?.reasonText).toMatch(/^2 firings, due from .*12:00:10.* to .*12:00:20.*, came 25 s late/);
    await ledger.clock.advance(5000);
    expect(await times()).toEqual(['12:00:10', '12:00:30', '12:00:40']);
  });

  test('a long one leaves one row for all that was missed, and goes on in step', async () => {
    await post({ everySeconds: 3600 });
    await stop();
    await ledger.clock.advance(5.5 * 3_600_000);
    start();
    await ledger.clock.advance(0);
    expect(await reasons()).toEqual(['misfired']);
    await ledger.clock.advance(1_800_000);
    expect(await times()).toEqual(['13:00:00', '18:00:00']);
  });

  test('nothing fires twice', async () => {
    await post({});
    await ledger.clock.advance(60_000);
    for (let i = 0; i < 3; i += 1) {
      await stop();
      start();
      await ledger.clock.advance(100);
    }
    expect(await times()).toEqual(['12:01:00']);
  });

  test('a stop during a pass leaves no timer behind', async () => {
    await post({});
    loop.wake();
    schedules.stop();
    await schedules.pass();
    expect(ledger.clock.pending()).toBe(0);
  });
});

describe('pause and resume', () => {
  test('a paused task does not fire, and resumes at the next time', async () => {
    const { id } = await post({});
    await ledger.clock.advance(30_000);
    expect(await ledger.feature.tasks.pause(id, admin)).toMatchObject({ status: 'paused', nextFireAt: null });
    await ledger.clock.advance(300_000);
    expect(await times()).toEqual([]);
    await ledger.feature.tasks.resume(id, admin);
    await ledger.clock.advance(60_000);
    expect(await times()).toEqual(['12:06:30']);
  });

  test('a firing that was due as the task was paused leaves a row', async () => {
    const { id } = await post({});
    await stop();
    await ledger.clock.advance(61_000);
    const task = await ledger.feature.tasks.pause(id, admin);
    expect(await reasons()).toEqual(['paused']);
    expect(task.lastRunId).toBe((await runs())[0]?.id);
    start();
    await ledger.clock.advance(120_000);
    expect(await times()).toEqual(['12:01:00']);
  });

  test('pausing at the same time as it fires gives one row, whichever is first', async () => {
    for (let delay = 0; delay < 12; delay += 1) {
      const { id, nextFireAt } = await post({});
      await stop();
      await ledger.clock.advance(60_000);
      const due = Date.parse(nextFireAt ?? '');
      const order = { trigger: 'interval', firedAt: due, by: 'schedule' } as const;
      const fired = ledger.feature.tasks.fireDue(id, due, order, due + 60_000);
      for (let i = 0; i < delay; i += 1) await Promise.resolve();
      await Promise.all([fired, ledger.feature.tasks.pause(id, admin)]);
      expect((await ledger.feature.runs.list({ taskId: id, limit: 10 })).items).toHaveLength(1);
      start();
    }
  });
});

describe('an edit', () => {
  test('that leaves the timing alone does not move the next firing', async () => {
    const { id } = await post({});
    await ledger.clock.advance(50_000);
    await ledger.feature.tasks.update(id, inputOf({ name: 'renamed' }), 1, admin);
    await ledger.clock.advance(10_000);
    expect(await times()).toEqual(['12:01:00']);
    expect(await runs()).toMatchObject([{ taskName: 'renamed', taskVersion: 2 }]);
  });

  test('of the timing counts from now', async () => {
    const { id } = await post({});
    await ledger.clock.advance(50_000);
    await ledger.feature.tasks.update(id, inputOf({ everySeconds: 20 }), 1, admin);
    await ledger.clock.advance(25_000);
    expect(await times()).toEqual(['12:01:10']);
  });

  test('of a task that is due fires it as it is now, or leaves a row when its time was changed', async () => {
    const same = await post({});
    const other = await post({});
    await stop();
    await ledger.clock.advance(61_000);
    await ledger.feature.tasks.update(same.id, inputOf({ name: 'renamed' }), 1, admin);
    await ledger.feature.tasks.update(other.id, inputOf({ everySeconds: 3600 }), 1, admin);
    start();
    await ledger.clock.advance(0);
    const of = async (taskId: string) => (await ledger.feature.runs.list({ taskId, limit: 10 })).items;
    expect(await of(same.id)).toMatchObject([{ taskName: 'renamed', state: 'skipped' }]);
    expect(await of(other.id)).toMatchObject([{ taskName: 'noop.main', state: 'skipped' }]);
    expect(await reasons()).toEqual(['misfired', 'no_host_matched']);
  });

  test('while the task is paused does not let it fire', async () => {
    const { id } = await post({});
    await ledger.feature.tasks.pause(id, admin);
    await ledger.feature.tasks.update(id, inputOf({ everySeconds: 20 }), 1, admin);
    await ledger.clock.advance(120_000);
    expect(await times()).toEqual([]);
  });

  test('after the clock was set back does not fire a time again, and does not stop the others', async () => {
    const { id } = await post({ type: 'Scheduled', everySeconds: undefined, cron: '* * * * *' });
    await ledger.clock.advance(60_000);
    ledger.clock.set(ledger.clock.now() - 50_000);
    await ledger.look();
    const cron = inputOf({ type: 'Scheduled', everySeconds: undefined, cron: '*/1 * * * *' });
    await ledger.feature.tasks.update(id, cron, 1, admin);
    await post({ everySeconds: 55 });
    await ledger.clock.advance(110_000);
    expect(errors).toEqual([]);
    expect(await times()).toEqual(['12:01:00', '12:01:05', '12:02:00', '12:02:00']);
  });
});

test('a deleted task does not fire', async () => {
  const { id } = await post({});
  await ledger.feature.tasks.remove(id, admin);
  await ledger.clock.advance(120_000);
  expect(await times()).toEqual([]);
  await expect(ledger.feature.tasks.update(id, inputOf({}), 2, admin)).rejects.toMatchObject({ code: 'not_found' });
  await expect(ledger.feature.tasks.run(id, admin)).rejects.toMatchObject({ code: 'not_found' });
});
