import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Offer } from '../../../shared/protocol.ts';
import { admin, openTestLedger, type ScriptedAgent, type TestLedger } from '../../../tests/support/ledger.ts';

let ledger: TestLedger;
beforeEach(async () => {
  ledger = await openTestLedger();
});
afterEach(() => ledger.dispose());

const execution = async (runId: string) => (await ledger.feature.executions.list({ runId, limit: 1 })).items[0];
const post = async (input: Record<string, unknown> = {}): Promise<string> => {
  const { run } = await ledger.post(input);
  await ledger.settle();
  return run?.id ?? '';
};
const lastOffer = (agent: ScriptedAgent): Offer => agent.offers().at(-1) as Offer;

describe('the way of an execution', () => {
  test('offer, accept, start, result, ack: each message after its commit', async () => {
    const web = ledger.agent('web');
    const run = await post({ owner: 'web', args: ['x'] });
    expect(web.received).toMatchObject([{ type: 'offer', attempt: 1, args: ['x'], leaseSeconds: 30 }]);
    expect(await execution(run)).toMatchObject({ state: 'offered', agentName: 'web' });
    await web.accept(lastOffer(web));
    expect(web.received.at(-1)).toMatchObject({ type: 'start', attempt: 1 });
    expect(await execution(run)).toMatchObject({ state: 'running' });
    await web.end(lastOffer(web), { data: { n: 1 } });
    expect(web.received.at(-1)).toMatchObject({ type: 'ack', attempt: 1 });
    expect(await execution(run)).toMatchObject({ state: 'succeeded', data: { n: 1 }, exitCode: 0 });
    expect(await ledger.feature.runs.get(run)).toMatchObject({ state: 'succeeded', open: 0, counts: { succeeded: 1 } });
    expect(ledger.feature.busyOf(web.id)).toBe(0);
  });

  test('a result that comes twice is recorded once and acknowledged twice', async () => {
    const web = ledger.agent('web');
    const run = await post();
    await web.accept(lastOffer(web));
    await web.end(lastOffer(web));
    await web.end(lastOffer(web), { outcome: 'failed', reason: 'exit_code' });
    expect(await execution(run)).toMatchObject({ state: 'succeeded' });
    expect(web.received.slice(-2)).toMatchObject([{ type: 'ack' }, { type: 'ack' }]);
    expect(await ledger.feature.runs.get(run)).toMatchObject({ counts: { succeeded: 1 } });
  });

  test('a result is not acknowledged before the ledger holds its whole log', async () => {
    const web = ledger.agent('web');
    const run = await post();
    const offer = lastOffer(web);
    const { execution: id, attempt } = offer;
    await web.accept(offer);
    await web.say({ type: 'log', execution: id, attempt, offset: 0, stream: 'out', at: 0, text: 'grüße' });
    await web.end(offer, { logSize: 14 });
    expect(web.received.at(-1)).toEqual({ type: 'log_from', execution: id, attempt, offset: 7 });
    expect(await execution(run)).toMatchObject({ state: 'running' });
    await web.say({ type: 'log', execution: id, attempt, offset: 8, stream: 'out', at: 0, text: 'too soon' });
    expect(web.received.at(-1)).toMatchObject({ type: 'log_from', offset: 7 });
    await web.say({ type: 'log', execution: id, attempt, offset: 0, stream: 'out', at: 0, text: 'grüße all over'.slice(0, 12) });
    await web.end(offer, { logSize: 14 });
    expect(await execution(run)).toMatchObject({ state: 'succeeded', logBytes: 14 });
  });

  test('an agent cannot speak for the execution of another', async () => {
    const web = ledger.agent('web');
    const evil = ledger.agent('evil');
    const run = await post({ owner: 'web' });
    const offer = lastOffer(web);
    await evil.accept(offer);
    expect(evil.received).toMatchObject([{ type: 'stop', reason: 'given_up' }]);
    await web.accept(offer);
    await evil.end(offer);
    await evil.say({ type: 'log', execution: offer.execution, attempt: 1, offset: 0, stream: 'out', at: 0, text: 'forged' });
    expect(await execution(run)).toMatchObject({ state: 'running', logBytes: 0 });
  });

  test('an agent that rejects ends it with the reason', async () => {
    const web = ledger.agent('web');
    const run = await post({ retries: { count: 3 } });
    await web.end(lastOffer(web), {
      outcome: 'rejected',
      reason: 'runtime_missing',
      message: 'python3 is not installed',
      exitCode: null,
    });
    expect(await execution(run)).toMatchObject({
      state: 'rejected',
      reason: 'runtime_missing',
      message: 'python3 is not installed',
    });
  });
});

describe('who gets the work', () => {
  test('ALL makes an execution for each host', async () => {
    const agents = [ledger.agent('a'), ledger.agent('b'), ledger.agent('c', { connected: false })];
    const run = await post();
    expect(agents.map((agent) => agent.offers().length)).toEqual([1, 1, 0]);
    expect(await ledger.feature.runs.get(run)).toMatchObject({ total: 3, counts: { offered: 2, queued: 1 } });
    const waiting = (await ledger.feature.executions.list({ runId: run, limit: 10, state: 'queued' })).items[0];
    expect(waiting).toMatchObject({ agentName: 'c', reason: 'host_offline' });
  });

  test('Anyone spreads evenly and says why', async () => {
    const agents = [ledger.agent('a'), ledger.agent('b'), ledger.agent('c'), ledger.agent('d', { connected: false })];
    for (let i = 0; i < 12; i += 1) await ledger.post({ owner: 'Anyone' });
    await ledger.settle();
    expect(agents.map((agent) => agent.offers().length)).toEqual([4, 4, 4, 0]);
    const detail = await ledger.feature.executions.get(agents[0]?.offers()[0]?.execution ?? '');
    expect(detail.assignment).toMatchObject({ chosen: 'a', considered: 4, eligible: 3, notEligible: { 'not connected': 1 } });
  });

  test('no more than the slots hold; the rest waits and says so', async () => {
    const web = ledger.agent('web', { slots: 2 });
    for (let i = 0; i < 4; i += 1) await ledger.post({ owner: 'web' });
    await ledger.settle();
    expect(web.offers()).toHaveLength(2);
    const queued = (await ledger.feature.executions.list({ state: 'queued', limit: 10 })).items;
    expect(queued.map((item) => item.reason)).toEqual(['slots_full', 'slots_full']);
    await web.accept(lastOffer(web));
    await web.end(lastOffer(web));
    await ledger.settle();
    expect(web.offers()).toHaveLength(3);
  });

  test('an owner that matches nobody leaves one skipped row', async () => {
    const run = await post({ owner: 'ghost' });
    expect(await execution(run)).toMatchObject({ state: 'skipped', reason: 'no_host_matched' });
    expect(await ledger.feature.runs.get(run)).toMatchObject({ state: 'skipped', total: 1 });
  });

  test.each([
    ['skip', 'skipped'],
    ['fail', 'failed'],
  ])('ifOffline %s ends a row for an absent host as %s', async (ifOffline, state) => {
    ledger.agent('away', { connected: false });
    const run = await post({ ifOffline });
    expect(await execution(run)).toMatchObject({ state, reason: 'if_offline' });
  });

  test('what waits for a host expires', async () => {
    ledger.agent('away', { connected: false });
    const run = await post({ expiresAfter: '10m' });
    await ledger.clock.advance(600_000);
    await ledger.settle();
    expect(await execution(run)).toMatchObject({ state: 'expired', reason: 'expired' });
  });

  test('what waits for a host goes to it when it returns', async () => {
    const away = ledger.agent('away', { connected: false });
    const run = await post();
    await away.connect();
    await ledger.settle();
    expect(away.offers()).toHaveLength(1);
    expect(await execution(run)).toMatchObject({ state: 'offered' });
  });
});

describe('leases and silence', () => {
  test('an offer that nobody accepts goes elsewhere when its lease ends, and the late accept is fenced', async () => {
    const first = ledger.agent('a', { slots: 1 });
    const run = await post({ owner: 'Anyone' });
    const late = lastOffer(first);
    const second = ledger.agent('b', { slots: 9 });
    await ledger.clock.advance(30_000);
    await ledger.settle();
    const again = [...first.offers(), ...second.offers()].at(-1) as Offer;
    expect(again).toMatchObject({ execution: late.execution, attempt: 2 });
    await first.accept(late);
    expect(first.received.at(-1)).toMatchObject({ type: 'stop', attempt: 1, reason: 'given_up' });
    expect(first.received.filter((message) => message.type === 'start')).toEqual([]);
    expect(await execution(run)).toMatchObject({ state: 'offered', attempt: 2 });
  });

  test('an offer dies with its connection', async () => {
    const web = ledger.agent('web');
    const run = await post();
    await web.disconnect();
    await ledger.settle();
    expect(await execution(run)).toMatchObject({ state: 'queued', reason: 'host_offline' });
  });

  test('running work of a silent agent is unknown after a lease, and running again when its journal holds it', async () => {
    const web = ledger.agent('web');
    const run = await post();
    const offer = lastOffer(web);
    await web.accept(offer);
    await web.disconnect();
    await ledger.clock.advance(29_000);
    await ledger.settle();
    expect(await execution(run)).toMatchObject({ state: 'running' });
    await ledger.clock.advance(1000);
    await ledger.settle();
    expect(await execution(run)).toMatchObject({ state: 'unknown', reason: 'agent_silent' });
    const { execution: id, attempt } = offer;
    expect(await web.connect([{ execution: id, attempt, state: 'running', logSize: 0 }])).toEqual([
      { execution: id, attempt, verdict: 'keep', logFrom: 0 },
    ]);
    expect(await execution(run)).toMatchObject({ state: 'running' });
    await web.end(offer);
    expect(await execution(run)).toMatchObject({ state: 'succeeded' });
  });

  test('work that the journal does not hold was never started and is offered again', async () => {
    const web = ledger.agent('web');
    const run = await post();
    await web.accept(lastOffer(web));
    await web.disconnect();
    expect(await web.connect([])).toEqual([]);
    await ledger.settle();
    expect(lastOffer(web)).toMatchObject({ attempt: 2 });
    const detail = await ledger.feature.executions.get(lastOffer(web).execution);
    expect(detail).toMatchObject({
      runId: run,
      state: 'offered',
      attempts: [{ attempt: 1, outcome: 'not_started', reason: 'never_started' }],
    });
  });

  test.each([
    [false, 'lost'],
    [true, 'offered'],
  ])('an agent that does not return: idempotent %s ends %s', async (idempotent, state) => {
    const web = ledger.agent('web');
    const run = await post({ owner: 'Anyone', idempotent, retries: { count: 1, delaySeconds: 0 } });
    await web.accept(lastOffer(web));
    await web.disconnect();
    await ledger.clock.advance(30_000);
    await ledger.settle();
    ledger.agent('other');
    await ledger.clock.advance(3_600_000);
    await ledger.settle();
    expect(await execution(run)).toMatchObject({ state });
  });

  test('a journal entry that the ledger gave up is stopped, one that it recorded is forgotten, one that it waits for is delivered', async () => {
    const web = ledger.agent('web');
    await post();
    const offer = lastOffer(web);
    await web.accept(offer);
    await web.disconnect();
    const { execution: id } = offer;
    const verdicts = await web.connect([
      { execution: id, attempt: 1, state: 'ended', logSize: 3 },
      { execution: 'exe_other', attempt: 1, state: 'running', logSize: 0 },
      { execution: 'exe_older', attempt: 4, state: 'ended', logSize: 0 },
    ]);
    expect(verdicts.map((verdict) => verdict.verdict)).toEqual(['deliver', 'stop', 'forget']);
  });
});

describe('ends', () => {
  test('a failure is retried with back-off up to the count, each attempt kept', async () => {
    const web = ledger.agent('web');
    const run = await post({ retries: { count: 2, delaySeconds: 10, factor: 2, jitter: 0 } });
    const fail = async (): Promise<void> => {
      await web.accept(lastOffer(web));
      await web.end(lastOffer(web), { outcome: 'failed', reason: 'exit_code', exitCode: 2, message: 'bad' });
      await ledger.settle();
    };
    await fail();
    expect(await execution(run)).toMatchObject({ state: 'queued', reason: 'retry_backoff', attempt: 1 });
    await ledger.clock.advance(9_999);
    await ledger.settle();
    expect(web.offers()).toHaveLength(1);
    await ledger.clock.advance(1);
    await ledger.settle();
    expect(web.offers()).toHaveLength(2);
    await fail();
    await ledger.clock.advance(20_000);
    await ledger.settle();
    await fail();
    expect(await execution(run)).toMatchObject({ state: 'failed', attempt: 3, exitCode: 2, reason: 'exit_code' });
    const detail = await ledger.feature.executions.get(lastOffer(web).execution);
    expect(detail.attempts.map((attempt) => attempt.outcome)).toEqual(['failed', 'failed']);
  });

  test('cancel ends what waits at once and what runs after its answer', async () => {
    const web = ledger.agent('web', { slots: 1 });
    const running = await post();
    await web.accept(lastOffer(web));
    const waiting = await post();
    await ledger.feature.runs.cancel(waiting, admin);
    expect(await execution(waiting)).toMatchObject({ state: 'cancelled', reason: 'cancel_requested' });
    await ledger.feature.runs.cancel(running, admin);
    expect(await execution(running)).toMatchObject({ state: 'cancelling' });
    expect(web.received.at(-1)).toMatchObject({ type: 'stop', reason: 'cancel', graceSeconds: 10 });
    await web.end(lastOffer(web), { outcome: 'cancelled', reason: 'cancel_requested' });
    expect(await execution(running)).toMatchObject({ state: 'cancelled' });
    await expect(ledger.feature.runs.cancel(running, admin)).rejects.toMatchObject({ code: 'state_conflict' });
  });

  test('a cancel that nobody answers is forced on the ledger', async () => {
    const web = ledger.agent('web');
    const run = await post({ graceSeconds: 5 });
    await web.accept(lastOffer(web));
    await web.disconnect();
    await ledger.feature.runs.cancel(run, admin);
    await ledger.clock.advance(35_000);
    await ledger.settle();
    expect(await execution(run)).toMatchObject({ state: 'cancelled', reason: 'cancel_forced' });
    // and when the agent returns, it is told to stop
    expect(await web.connect([{ execution: lastOffer(web).execution, attempt: 1, state: 'running', logSize: 0 }])).toMatchObject([
      { verdict: 'keep' },
    ]);
    expect(web.received.at(-1)).toMatchObject({ type: 'stop', attempt: 1, reason: 'given_up' });
  });

  test('an agent that never ends an attempt past its limit is stopped, then the ledger ends it', async () => {
    const web = ledger.agent('web');
    const run = await post({ timeoutSeconds: 60, graceSeconds: 5 });
    await web.accept(lastOffer(web));
    await ledger.clock.advance(125_000);
    await ledger.settle();
    expect(web.received.at(-1)).toMatchObject({ type: 'stop', reason: 'cancel' });
    await ledger.clock.advance(35_000);
    await ledger.settle();
    expect(await execution(run)).toMatchObject({ state: 'timed_out', reason: 'time_limit' });
  });

  test('a removed agent leaves nothing open', async () => {
    const web = ledger.agent('web', { slots: 1 });
    const running = await post();
    await web.accept(lastOffer(web));
    const waiting = await post();
    await ledger.feature.presence.removed(web.id);
    expect(await execution(running)).toMatchObject({ state: 'lost', reason: 'agent_removed' });
    expect(await execution(waiting)).toMatchObject({ state: 'cancelled', reason: 'agent_removed' });
  });
});

describe('tasks', () => {
  test('an edit makes a new version and needs the one that was read', async () => {
    ledger.agent('web');
    const { task } = await ledger.post({ type: 'Interval', everySeconds: 5 });
    const input = {
      ...(await import('../../../shared/api/tasks.ts')).taskInput.parse({
        owner: 'ALL',
        plugin: 'noop',
        type: 'Interval',
        everySeconds: 9,
      }),
    };
    expect(await ledger.feature.tasks.update(task.id, input, 1, admin)).toMatchObject({ version: 2, everySeconds: 9 });
    await expect(ledger.feature.tasks.update(task.id, input, 1, admin)).rejects.toMatchObject({ code: 'version_conflict' });
  });

  test('fields that belong to another type are refused by name', async () => {
    await expect(ledger.post({ type: 'Scheduled' })).rejects.toMatchObject({ code: 'field_missing', details: { field: 'cron' } });
    await expect(ledger.post({ type: 'Adhoc', everySeconds: 5 })).rejects.toMatchObject({
      code: 'field_invalid',
      details: { field: 'everySeconds' },
    });
    await expect(ledger.post({ type: 'Scheduled', cron: '61 * * * *' })).rejects.toMatchObject({ code: 'schedule_invalid' });
  });

  test('a firing while the run before it is active leaves a skipped row; the same firing never fires twice', async () => {
    ledger.agent('web');
    const { task } = await ledger.post({ type: 'Interval', everySeconds: 5 });
    const due = Date.parse(task.nextFireAt ?? '');
    const order = { trigger: 'interval', firedAt: due, by: 'schedule' } as const;
    expect(await ledger.feature.tasks.fireDue(task.id, due, order, due + 5000)).toBeDefined();
    expect(await ledger.feature.tasks.fireDue(task.id, due, order, due + 5000)).toBeUndefined();
    const second = await ledger.feature.tasks.fireDue(task.id, due + 5000, { ...order, firedAt: due + 5000 }, due + 10_000);
    expect(await execution(second?.id ?? '')).toMatchObject({ state: 'skipped', reason: 'overlap' });
  });
});
