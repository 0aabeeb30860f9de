import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Execution } from '../../../shared/api/executions.ts';
import { taskInput } from '../../../shared/api/tasks.ts';
import { eventually } from '../../../tests/support/eventually.ts';
import { admin, openTestLedger, type ScriptedAgent, type TestLedger } from '../../../tests/support/ledger.ts';
import { createLoop, type Loop } from '../../platform/loops/loop.ts';
import { createSchedules, type SchedulesService } from './schedules.service.ts';

let ledger: TestLedger;
let schedules: SchedulesService;
let loop: Loop;
let web: ScriptedAgent;

function start(): void {
  const { serverClock: clock, feature, events } = ledger;
  const { dueTasks, nextDueAt } = feature;
  schedules = createSchedules({ clock, dueTasks, nextDueAt, fireDue: feature.tasks.fireDue, wake: () => loop.wake() });
  const log = { error: (fields: unknown) => { throw fields; } } as never; // biome-ignore format: short
  loop = createLoop({ name: 'schedules', clock, everyMs: null, run: schedules.pass, log });
  events.on('task.changed', schedules.changed);
  loop.wake();
}
async function stop(): Promise<void> {
  schedules.stop();
  await loop.stop();
}

// 2026-01-05T12:00:00Z, a Monday
beforeEach(async () => {
  ledger = await openTestLedger();
  web = ledger.agent('web');
  start();
});
afterEach(async () => {
  await stop();
  await ledger.dispose();
});

const post = async (input: Record<string, unknown>) =>
  (await ledger.post({ owner: 'ALL', type: 'Interval', everySeconds: 60, ...input })).task;
const executions = async (): Promise<readonly Execution[]> =>
  [...(await ledger.feature.executions.list({ limit: 500 })).items].reverse();
const shown = async (): Promise<string[]> => (await executions()).map(({ state, reason }) => `${state}: ${reason}`);
const fired = async (): Promise<string[]> =>
  [...(await ledger.feature.runs.list({ limit: 500 })).items].reverse().map(({ firedAt }) => firedAt.slice(11, 16));

async function pass(seconds: number): Promise<void> {
  await ledger.clock.advance(seconds * 1000);
  await ledger.settle();
}
async function finish(agent: ScriptedAgent, which: number): Promise<void> {
  const offer = agent.offers()[which];
  if (offer === undefined) throw new Error('there is no such offer');
  await agent.accept(offer);
  await agent.end(offer);
  await ledger.settle();
}

describe('a firing while the run before it is active', () => {
  test('waits for it with `queue`; one waits, the ones after it leave a row', async () => {
    await post({ overlap: 'queue' });
    await pass(60);
    const [offer] = web.offers();
    if (offer !== undefined) await web.accept(offer);
    await pass(60);
    await pass(60);
    expect(await shown()).toEqual(['running: null', 'queued: run_before', 'skipped: overlap']);
    const [first, second, third] = await executions();
    expect(second?.reasonText).toBe(`Waits for the run before it, ${first?.runId}, to end.`);
    expect(third?.reasonText).toContain('was still waiting');
    expect(web.offers()).toHaveLength(1);
    if (offer !== undefined) await web.end(offer);
    await ledger.settle();
    expect(await shown()).toEqual(['succeeded: finished', 'offered: null', 'skipped: overlap']);
    await finish(web, 1);
    expect((await shown())[1]).toBe('succeeded: finished');
  });

  test('that waits goes also when the run before it is cancelled, and expires when that takes too long', async () => {
    await post({ overlap: 'queue', everySeconds: 60, expiresAfter: 100 });
    await pass(60);
    await pass(60);
    await ledger.feature.runs.cancel((await executions())[0]?.runId ?? '', admin);
    await ledger.settle();
    expect((await shown()).slice(0, 2)).toEqual(['cancelled: cancel_requested', 'offered: null']);
    const [, offer] = web.offers();
    if (offer !== undefined) await web.accept(offer);
    await pass(60);
    expect((await shown())[2]).toBe('queued: run_before');
    await pass(101);
    expect((await shown())[2]).toBe('expired: expired');
  });

  test('cancels it with `replace`, and goes when that has ended', async () => {
    await post({ overlap: 'replace' });
    await pass(60);
    const [offer] = web.offers();
    if (offer !== undefined) await web.accept(offer);
    await pass(60);
    expect(await shown()).toEqual(['cancelling: cancel_requested', 'queued: run_before']);
    expect(web.received.at(-1)).toMatchObject({ type: 'stop', execution: offer?.execution, reason: 'cancel' });
    if (offer !== undefined) await web.end(offer, { outcome: 'cancelled', reason: 'cancel_requested' });
    await ledger.settle();
    expect(await shown()).toEqual(['cancelled: cancel_requested', 'offered: null']);
    expect((await executions())[0]?.reasonText).toBe('Cancelled by the firing that replaces it.');
  });

  test('goes at once with `replace` where the run before it had not begun, and no two wait', async () => {
    await post({ overlap: 'replace', owner: 'web' });
    await web.disconnect();
    for (let i = 0; i < 3; i += 1) await pass(60);
    expect(await shown()).toEqual(['cancelled: cancel_requested', 'cancelled: cancel_requested', 'queued: host_offline']);
  });

  test('that waits is the only one, also where runs by hand came between', async () => {
    const task = await post({ overlap: 'queue' });
    await pass(60);
    const [offer] = web.offers();
    if (offer !== undefined) await web.accept(offer);
    await pass(60);
    await ledger.feature.tasks.run(task.id, admin);
    await pass(60);
    await pass(60);
    expect((await shown()).slice(1)).toEqual(['queued: run_before', 'offered: null', 'skipped: overlap', 'skipped: overlap']);
    if (offer !== undefined) await web.end(offer);
    await ledger.settle();
    expect((await shown())[1]).toBe('offered: null');
  });

  test('waits with `replace` until the one that is being cancelled has ended, however many firings come meanwhile', async () => {
    await post({ overlap: 'replace', everySeconds: 10, graceSeconds: 600 });
    await pass(10);
    const [offer] = web.offers();
    if (offer !== undefined) await web.accept(offer);
    for (let i = 0; i < 3; i += 1) await pass(10);
    const replaced = 'cancelled: cancel_requested';
    expect(await shown()).toEqual(['cancelling: cancel_requested', replaced, replaced, 'queued: run_before']);
    expect(web.received.filter(({ type }) => type === 'stop')).toHaveLength(1);
    if (offer !== undefined) await web.end(offer, { outcome: 'cancelled', reason: 'cancel_requested' });
    await ledger.settle();
    expect((await shown())[3]).toBe('offered: null');
  });

  test('takes its place in the splay when its turn comes, and does not expire before that', async () => {
    await post({ overlap: 'queue', splaySeconds: 3600, everySeconds: 7200, expiresAfter: 60, timeoutSeconds: 86_400 });
    const untilOffered = async (count: number): Promise<void> => {
      for (let i = 0; i < 120 && web.offers().length < count; i += 1) await pass(30);
    };
    await pass(7200);
    await untilOffered(1);
    const [offer] = web.offers();
    if (offer !== undefined) await web.accept(offer);
    while ((await executions()).length < 2) await pass(30);
    expect((await shown())[1]).toBe('queued: run_before');
    if (offer !== undefined) await web.end(offer);
    await ledger.settle();
    expect((await shown())[1]).toBe('queued: splay');
    await untilOffered(2);
    expect((await shown())[1]).toBe('offered: null');
  });

  test('by hand runs beside it, whatever the task says of firings', async () => {
    const task = await post({ overlap: 'queue' });
    await pass(60);
    await ledger.feature.tasks.run(task.id, admin);
    await ledger.settle();
    expect(await shown()).toEqual(['offered: null', 'offered: null']);
  });
});

describe('after a stop', () => {
  async function stopFor(seconds: number): Promise<void> {
    await stop();
    await ledger.clock.advance(seconds * 1000);
    start();
    await pass(0);
  }

  test('`catchUp: last` runs the last one that was missed, and tells of the others', async () => {
    await post({ everySeconds: 3600, catchUp: 'last' });
    await stopFor(5.5 * 3600);
    expect(await shown()).toEqual(['skipped: misfired', 'offered: null']);
    expect(await fired()).toEqual(['13:00', '17:00']);
    expect((await executions())[0]?.reasonText).toMatch(/^4 firings/);
  });

  test('`catchUp: all` runs each of them', async () => {
    await post({ everySeconds: 3600, catchUp: 'all', overlap: 'parallel' });
    await stopFor(3.5 * 3600);
    expect(await shown()).toEqual(['offered: null', 'offered: null', 'offered: null']);
    expect(await fired()).toEqual(['13:00', '14:00', '15:00']);
  });

  test('`catchUp: all` runs a hundred at most, and one row counts the rest', async () => {
    await post({ catchUp: 'all', overlap: 'parallel' });
    await stopFor(150 * 60);
    await eventually('all of them were fired', async () => (await executions()).length >= 101);
    await pass(0);
    const rows = await executions();
    expect(rows).toHaveLength(101);
    expect(rows[0]).toMatchObject({ state: 'skipped', reason: 'misfired' });
    expect(rows[0]?.reasonText).toMatch(/^50 firings/);
  });

  test('of a hundred thousand firings the latest hundred run with `catchUp: all`', async () => {
    await post({ everySeconds: 1, catchUp: 'all', overlap: 'parallel' });
    await stop();
    await ledger.clock.advance(100_000_000);
    start();
    await eventually('all of them were fired', async () => (await executions()).length >= 101);
    await pass(0);
    const rows = await executions();
    expect(rows).toHaveLength(101);
    expect(rows[0]?.reasonText).toMatch(/^More than 9900 firings/);
    expect(new Set(await fired()).size).toBeGreaterThan(1);
  });

  test('of very many firings the last one can still be made up for', async () => {
    await post({ everySeconds: 1, catchUp: 'last' });
    await stopFor(20_000);
    const rows = await executions();
    expect(rows.map(({ state }) => state)).toEqual(['skipped', 'offered']);
    expect(rows[0]?.reasonText).toMatch(/^More than 9999 firings/);
    expect((await fired()).at(-1)).toBe('17:33');
  });
});

describe('a calendar', () => {
  test('leaves one row for the firings that a blackout takes, and goes on after it', async () => {
    // 13:00 to 14:00 on the wall is 12:00 to 13:00 UTC
    await post({ everySeconds: 600, blackout: ['Mon 13:20-13:50'], timeZone: 'Europe/Berlin', overlap: 'parallel' });
    for (let i = 0; i < 6; i += 1) await pass(600);
    expect(await fired()).toEqual(['12:10', '12:20', '12:50', '13:00']);
    expect(await shown()).toEqual(['offered: null', 'skipped: window', 'offered: null', 'offered: null']);
    expect((await executions())[1]?.reasonText).toBe(
      '3 firings, due from 2026-01-05T12:20:00.000Z to 2026-01-05T12:40:00.000Z: in the blackout Mon 13:20-13:50.',
    );
  });

  test('ends a task with its last date, and begins with its first', async () => {
    await post({ startsAt: '2026-01-05T12:05:00Z', endsAt: '2026-01-05T12:07:00Z', overlap: 'parallel' });
    for (let i = 0; i < 12; i += 1) await pass(60);
    expect(await fired()).toEqual(['12:05', '12:06', '12:07']);
  });

  test('past its last date a task is done, until an edit gives it another one', async () => {
    const input = { owner: 'ALL', plugin: 'noop', type: 'Interval', everySeconds: 60, overlap: 'parallel' };
    const { id } = await post({ endsAt: '2026-01-05T12:01:30Z' });
    const { tasks } = ledger.feature;
    await pass(60);
    expect(await tasks.get(id)).toMatchObject({ status: 'done', nextFireAt: null });
    expect(await tasks.firings(id, 10)).toEqual({ items: [] });
    await expect(tasks.pause(id, admin)).rejects.toMatchObject({ code: 'state_conflict' });
    await tasks.update(id, taskInput.parse({ ...input, endsAt: '2026-01-05T12:03:00Z' }), 1, admin);
    expect(await tasks.get(id)).toMatchObject({ status: 'active', nextFireAt: '2026-01-05T12:02:00.000Z' });
    await tasks.pause(id, admin);
    await pass(3600);
    await tasks.resume(id, admin);
    expect(await tasks.get(id)).toMatchObject({ status: 'done', nextFireAt: null });
    expect(await fired()).toEqual(['12:01']);
  });

  test('that never lets it fire is refused', async () => {
    const refusal = { code: 'schedule_invalid', details: { field: 'endsAt' } };
    await expect(post({ endsAt: '2026-01-05T11:00:00Z' })).rejects.toMatchObject(refusal);
    await expect(post({ type: 'Scheduled', everySeconds: undefined, cron: '0 0 30 2 *' })).rejects.toMatchObject({
      code: 'schedule_invalid',
      details: { field: 'cron' },
    });
  });

  test('that is closed the whole week leaves a row now and then, and fires when it opens', async () => {
    const { id } = await post({ blackout: ['Sun-Sat 00:00-24:00'] });
    await pass(60);
    await pass(3600);
    const [row, ...others] = await executions();
    expect(row).toMatchObject({ state: 'skipped', reason: 'window' });
    expect(row?.reasonText).toMatch(/^2001 firings, due from .*: in the blackout Sun-Sat 00:00-24:00\.$/);
    expect(others).toEqual([]);
    const open = taskInput.parse({ owner: 'ALL', plugin: 'noop', type: 'Interval', everySeconds: 60 });
    await ledger.feature.tasks.update(id, open, 1, admin);
    await pass(60);
    expect((await shown())[1]).toBe('offered: null');
  });
});

describe('a splay', () => {
  test('as long as the interval is refused with `replace`, since some hosts would never run', async () => {
    const refused = post({ overlap: 'replace', everySeconds: 60, splaySeconds: 60 });
    await expect(refused).rejects.toMatchObject({ code: 'field_invalid', details: { field: 'splaySeconds' } });
    await post({ overlap: 'skip', everySeconds: 60, splaySeconds: 600 });
    for (let i = 0; i < 12; i += 1) await pass(60);
    // a firing that waits for its place is a run that is active
    const rows = await shown();
    expect(rows).toHaveLength(12);
    expect(rows[0]).toBe('offered: null');
    expect(rows.slice(1)).toEqual(Array.from({ length: 11 }, () => 'skipped: overlap'));
  });

  test('gives each host its own place in the time, always the same', async () => {
    const db = ledger.agent('db');
    const task = await post({ everySeconds: 600, splaySeconds: 300, overlap: 'parallel' });
    const placeOf = async (agent: ScriptedAgent, after: number): Promise<number> => {
      const rows = (await executions()).filter(({ agentId }) => agentId === agent.id);
      return Date.parse(rows[after]?.deadlineAt ?? '') - Date.parse('2026-01-05T12:10:00Z') - after * 600_000;
    };
    await pass(600);
    expect(await shown()).toEqual(['queued: splay', 'queued: splay']);
    const places = [await placeOf(web, 0), await placeOf(db, 0)];
    for (const place of places) {
      expect(place).toBeGreaterThanOrEqual(0);
      expect(place).toBeLessThan(300_000);
    }
    expect(places[0]).not.toBe(places[1]);
    await pass(301);
    expect((await shown()).slice(0, 2)).toEqual(['offered: null', 'offered: null']);
    await pass(299);
    expect([await placeOf(web, 1), await placeOf(db, 1)]).toEqual(places);
    // by hand there is nothing to spread
    await ledger.feature.tasks.run(task.id, admin);
    await ledger.settle();
    expect((await shown()).slice(-2)).toEqual(['offered: null', 'offered: null']);
  });
});
