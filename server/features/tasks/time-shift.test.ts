import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Offer } from '../../../shared/protocol.ts';
import { createFakeClock } from '../../../tests/support/clock.ts';
import { admin, openTestLedger, type ScriptedAgent, type TestLedger } from '../../../tests/support/ledger.ts';
import { createTimeShift } from './time-shift.service.ts';

const secondMs = 1000;
const hourMs = 3600 * secondMs;
let ledger: TestLedger;
let web: ScriptedAgent;
beforeEach(async () => {
  ledger = await openTestLedger();
  web = ledger.agent('web');
});
afterEach(() => ledger.dispose());

const lastOffer = (agent: ScriptedAgent): Offer => agent.offers().at(-1) as Offer;
const states = async () => (await ledger.feature.executions.list({ limit: 100 })).items.map(({ state }) => state).toReversed();
const rows = () => ledger.db.read.selectFrom('executions').selectAll().orderBy('id').execute();

/** A second of the server: it looks at the time, then sweeps. */
async function tick(): Promise<void> {
  await ledger.clock.advance(secondMs);
  await ledger.look();
  await ledger.settle();
}

/** One execution in each state that is not final, and one that waits for its retry. */
async function oneOfEach(): Promise<void> {
  const away = ledger.agent('away');
  await ledger.post({ owner: 'away' });
  await ledger.settle();
  await away.accept(lastOffer(away));
  await away.disconnect();
  for (let second = 0; second < 32; second += 1) await tick();
  ledger.agent('offline', { connected: false });
  await ledger.post({ owner: 'offline', expiresAfter: 600 });
  await ledger.post({ owner: 'web', timeoutSeconds: 60 });
  await ledger.settle();
  await web.accept(lastOffer(web));
  await ledger.post({ owner: 'web' });
  await ledger.settle();
  await web.accept(lastOffer(web));
  const [execution] = (await rows()).slice(-1);
  await ledger.feature.executions.cancel(execution?.id ?? '', admin);
  await ledger.post({
    owner: 'web',
    retries: { count: 1, delaySeconds: 300, factor: 1, capSeconds: 300, jitter: 0, elsewhere: false, on: ['failed'] },
  });
  await ledger.settle();
  await web.accept(lastOffer(web));
  await web.end(lastOffer(web), { outcome: 'failed', reason: 'exit_code' });
  await ledger.post({ owner: 'web' });
  await ledger.settle();
  expect(await states()).toEqual(['unknown', 'queued', 'running', 'cancelling', 'queued', 'offered']);
}

describe.each([
  ['forward', hourMs],
  ['back', -hourMs],
])('a clock that is set %s by an hour', (_name, jump) => {
  test('ends nothing and leaves everything as long as it had', async () => {
    await oneOfEach();
    const before = await rows();
    ledger.clock.set(ledger.clock.now() + jump);
    await ledger.look();
    await ledger.settle();
    const after = await rows();
    expect(after.map(({ state }) => state)).toEqual(before.map(({ state }) => state));
    for (const column of ['deadline_at', 'expires_at'] as const)
      expect(after.map((row) => row[column])).toEqual(before.map((row) => (row[column] ?? 0) + jump));
    expect(after.map((row) => row.not_before)).toEqual(before.map((row) => (row.not_before > 0 ? row.not_before + jump : 0)));
    expect(after.map((row) => row.started_at)).toEqual(before.map((row) => row.started_at));
    expect(await ledger.db.read.selectFrom('audit').select(['actor', 'action', 'detail']).execute()).toContainEqual({
      actor: 'system',
      action: 'clock.jumped',
      detail: JSON.stringify({ seconds: jump / secondMs }),
    });
  });

  test('an offer ends with its lease, no sooner and no later', async () => {
    await ledger.post({ owner: 'web' });
    await ledger.settle();
    ledger.clock.set(ledger.clock.now() + jump);
    for (let second = 0; second < 29; second += 1) await tick();
    expect(await states()).toEqual(['offered']);
    await tick();
    expect(web.offers()).toHaveLength(2);
  });

  test('an agent that is away is declared silent after its lease', async () => {
    await ledger.post({ owner: 'web' });
    await ledger.settle();
    await web.accept(lastOffer(web));
    await web.disconnect();
    ledger.clock.set(ledger.clock.now() + jump);
    for (let second = 0; second < 29; second += 1) await tick();
    expect(await states()).toEqual(['running']);
    await tick();
    await tick();
    expect(await states()).toEqual(['unknown']);
  });

  test('an interval goes on in its step', async () => {
    const { task } = await ledger.post({ owner: 'web', type: 'Interval', everySeconds: 60 });
    const before = (await ledger.feature.tasks.get(task.id)).nextFireAt;
    ledger.clock.set(ledger.clock.now() + jump);
    await ledger.look();
    const after = (await ledger.feature.tasks.get(task.id)).nextFireAt;
    expect(Date.parse(after ?? '') - Date.parse(before ?? '')).toBe(jump);
  });
});

describe('a time of day', () => {
  const nextOf = async (id: string) => (await ledger.feature.tasks.get(id)).nextFireAt;

  test('stays where it is when the clock is set forward: what it jumped over was missed', async () => {
    const { task } = await ledger.post({ owner: 'web', type: 'Scheduled', cron: '30 * * * *' });
    ledger.clock.set(ledger.clock.now() + hourMs);
    await ledger.look();
    expect(await nextOf(task.id)).toBe('2026-01-05T12:30:00.000Z');
  });

  test('that is far ahead comes again in its turn when the clock is set back', async () => {
    ledger.clock.set(Date.UTC(2030, 0, 1));
    await ledger.look();
    const { task } = await ledger.post({ owner: 'web', type: 'Scheduled', cron: '30 * * * *' });
    ledger.clock.set(Date.UTC(2026, 0, 5, 12));
    await ledger.look();
    expect(await nextOf(task.id)).toBe('2026-01-05T12:30:00.000Z');
  });

  test('that has fired does not fire again when it comes a second time', async () => {
    const { task } = await ledger.post({ owner: 'web', type: 'Scheduled', cron: '30 * * * *' });
    const due = Date.UTC(2026, 0, 5, 12, 30);
    const order = { trigger: 'schedule', firedAt: due, by: 'schedule' } as const;
    await ledger.feature.tasks.fireDue(task.id, due, order, due + hourMs);
    ledger.clock.set(ledger.clock.now() - hourMs);
    await ledger.look();
    await ledger.feature.tasks.fireDue(task.id, due - hourMs, { ...order, firedAt: due - hourMs }, due);
    expect(await ledger.feature.tasks.fireDue(task.id, due, order, due + hourMs)).toBeUndefined();
    expect(await nextOf(task.id)).toBe('2026-01-05T13:30:00.000Z');
    expect((await ledger.feature.runs.list({ limit: 10 })).items).toHaveLength(2);
  });
});

describe('a server that stood still', () => {
  test('hears what waits in its sockets before it concludes anything', async () => {
    await oneOfEach();
    const running = web.offers().filter(({ timeoutSeconds }) => timeoutSeconds === 60)[0] as Offer;
    ledger.clock.stall(2 * hourMs);
    await ledger.look();
    await ledger.settle();
    expect(await states()).toEqual(['unknown', 'queued', 'running', 'cancelling', 'queued', 'offered']);
    await web.end(running);
    await web.accept(lastOffer(web));
    expect(await states()).toEqual(['unknown', 'queued', 'succeeded', 'cancelling', 'queued', 'running']);
  });

  test('comes to every end afterwards, also if it is starved again and again', async () => {
    await oneOfEach();
    for (let minute = 0; minute < 300; minute += 1) {
      ledger.clock.stall(10 * secondMs);
      await tick();
      ledger.clock.stall(4 * secondMs);
      for (let second = 0; second < 50; second += 5) {
        await ledger.clock.advance(5 * secondMs);
        await ledger.look();
      }
      await ledger.settle();
    }
    expect(await states()).toEqual(['lost', 'expired', 'timed_out', 'cancelled', 'failed', 'expired']);
  });
});

test('a clock that was set back while the server was down ends nothing and puts nothing off for years', async () => {
  await oneOfEach();
  await ledger.feature.time.noteTime();
  const before = await rows();
  const jump = -20 * 365 * 24 * hourMs;
  const restarted = createTimeShift({
    db: ledger.db,
    clock: createFakeClock(ledger.clock.now() + jump),
    audit: { recordIn: async () => undefined },
    nextFiring: () => null,
    listenAnew: () => undefined,
    forgetRows: () => undefined,
  });
  expect(await restarted.begin()).toBe(jump);
  expect(await restarted.begin()).toBe(0);
  const after = await rows();
  expect(after.map((row) => row.expires_at)).toEqual(before.map((row) => row.expires_at + jump));
});
