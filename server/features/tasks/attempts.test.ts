import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Offer, ResultMessage } from '../../../shared/protocol.ts';
import { admin, openTestLedger, type ScriptedAgent, type TestLedger } from '../../../tests/support/ledger.ts';

let ledger: TestLedger;
let web: ScriptedAgent;
beforeEach(async () => {
  ledger = await openTestLedger();
  web = ledger.agent('web');
});
afterEach(() => ledger.dispose());

const execution = async (runId: string) => (await ledger.feature.executions.list({ runId, limit: 1 })).items[0];
const lastOffer = (agent: ScriptedAgent): Offer => agent.offers().at(-1) as Offer;

async function run(input: Record<string, unknown> = {}): Promise<{ id: string; offer: Offer }> {
  const { run: made } = await ledger.post({ owner: 'web', ...input });
  await ledger.settle();
  await web.accept(lastOffer(web));
  return { id: made?.id ?? '', offer: lastOffer(web) };
}

const log = (offer: Offer, offset: number, text: string): Promise<void> =>
  web.say({ type: 'log', execution: offer.execution, attempt: offer.attempt, offset, stream: 'out', at: 0, text });

describe('the end of an attempt', () => {
  test('that the server stopped past its time limit is a time-out, not a cancel', async () => {
    const { id, offer } = await run({ timeoutSeconds: 60, graceSeconds: 5 });
    await ledger.clock.advance(125_000);
    await ledger.settle();
    expect(await execution(id)).toMatchObject({ state: 'cancelling', reason: 'time_limit' });
    await web.end(offer, { outcome: 'cancelled', reason: 'cancel_requested', message: 'Stopped.' });
    expect(await execution(id)).toMatchObject({ state: 'timed_out', reason: 'time_limit', message: 'Stopped.' });
  });

  test('counts the bytes of log that the ledger holds, whatever the result says', async () => {
    const { id, offer } = await run();
    await log(offer, 0, 'eleven bytes'.slice(0, 11));
    await web.end(offer, { logSize: 4 });
    expect(await execution(id)).toMatchObject({ state: 'succeeded', logBytes: 11 });
  });

  test('of an agent that is removed leaves its log', async () => {
    const { id, offer } = await run();
    await log(offer, 0, 'so far');
    await ledger.feature.presence.removed(web.id);
    expect(await execution(id)).toMatchObject({ state: 'lost', logBytes: 6 });
  });

  test('a rejection after output is final: it has run', async () => {
    ledger.agent('other');
    const { run: made } = await ledger.post({ owner: 'Anyone' });
    await ledger.settle();
    const offer = lastOffer(web);
    await web.accept(offer);
    await log(offer, 0, 'x');
    await web.end(offer, { outcome: 'rejected', reason: 'host_disk_full', logSize: 1 });
    expect(await execution(made?.id ?? '')).toMatchObject({ state: 'rejected', reason: 'host_disk_full' });
  });
});

describe('the fence', () => {
  test('output of an attempt that has ended is not taken while its execution waits for the next one', async () => {
    const { id, offer } = await run({ retries: { count: 1, delaySeconds: 60 } });
    await log(offer, 0, 'first');
    await web.end(offer, { outcome: 'failed', reason: 'exit_code', logSize: 5 });
    await log(offer, 5, ' and late');
    expect(web.received.at(-1)).toMatchObject({ type: 'stop', attempt: 1, reason: 'given_up' });
    expect(await execution(id)).toMatchObject({ state: 'queued', logBytes: 5 });
  });

  test('output of an earlier attempt is not taken by the later one, though it would fit', async () => {
    const { offer } = await run({ retries: { count: 1, delaySeconds: 0 } });
    await log(offer, 0, 'first');
    await web.end(offer, { outcome: 'failed', reason: 'exit_code', logSize: 5 });
    await ledger.settle();
    const second = lastOffer(web);
    expect(second).toMatchObject({ attempt: 2, logFrom: 5 });
    await web.accept(second);
    await log(offer, 5, 'late');
    expect(web.received.at(-1)).toMatchObject({ type: 'stop', attempt: 1 });
    await log(second, 5, 'second');
    expect(web.received.at(-1)).toMatchObject({ type: 'log_ack', offset: 11 });
  });

  test('a result of an earlier attempt is acknowledged and changes nothing', async () => {
    const { id, offer } = await run({ retries: { count: 1, delaySeconds: 0 } });
    await web.end(offer, { outcome: 'failed', reason: 'exit_code' });
    await ledger.settle();
    await web.accept(lastOffer(web));
    await web.end(offer);
    expect(web.received.at(-1)).toMatchObject({ type: 'ack', attempt: 1 });
    expect(await execution(id)).toMatchObject({ state: 'running', attempt: 2 });
  });

  test('progress is told by the agent and the attempt that run, and is forgotten with the end', async () => {
    const heard: unknown[] = [];
    ledger.events.on('execution.progress', (event) => void heard.push(event));
    const { id, offer } = await run();
    const other = ledger.agent('other');
    const progress = { type: 'progress', execution: offer.execution, attempt: 1, fraction: 0.5, text: 'half' } as const;
    await other.say({ ...progress, fraction: 0.9 });
    await web.say({ ...progress, attempt: 2, fraction: 0.9 });
    await web.say({ ...progress, execution: 'exe_made_up', fraction: 0.9 });
    expect(await execution(id)).toMatchObject({ progress: null });
    await web.say(progress);
    expect(await execution(id)).toMatchObject({ progress: { fraction: 0.5, text: 'half' } });
    expect(heard).toEqual([{ executionId: offer.execution, runId: id, fraction: 0.5, text: 'half' }]);
    await web.end(offer);
    await web.say(progress);
    expect(await execution(id)).toMatchObject({ progress: null });
    expect(heard).toHaveLength(1);
  });
});

test('a reason that this server does not know becomes the plain one of the outcome', async () => {
  const { id, offer } = await run();
  const result: Partial<ResultMessage> = { outcome: 'failed', reason: 'eaten_by_the_dog' };
  await web.end(offer, result);
  expect(await execution(id)).toMatchObject({ state: 'failed', reason: 'plugin_error' });
});

test('each cancel that was in time leaves who asked for it', async () => {
  const { id, offer } = await run();
  await ledger.feature.runs.cancel(id, admin);
  await web.end(offer, { outcome: 'cancelled', reason: 'cancel_requested' });
  expect(await execution(id)).toMatchObject({ state: 'cancelled', reasonText: 'Cancelled by token:test.' });
});

test('a snapshot that the server had to ask for is one too', async () => {
  const { id, offer } = await run({ onTimeout: 'snapshot', timeoutSeconds: 10, graceSeconds: 1 });
  await ledger.clock.advance(72_000);
  await ledger.settle();
  expect(await execution(id)).toMatchObject({ state: 'cancelling', reason: 'time_limit' });
  await web.end(offer, { outcome: 'cancelled', reason: 'cancel_requested', exitCode: 143 });
  expect(await execution(id)).toMatchObject({ state: 'succeeded', reason: 'snapshot', exitCode: null });
});
