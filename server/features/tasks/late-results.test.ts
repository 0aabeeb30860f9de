import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Offer } from '../../../shared/protocol.ts';
import { admin, openTestLedger, type ScriptedAgent, type TestLedger } from '../../../tests/support/ledger.ts';

let ledger: TestLedger;
let web: ScriptedAgent;
beforeEach(async () => {
  ledger = await openTestLedger();
  web = ledger.agent('web');
});
afterEach(() => ledger.dispose());

const lastOffer = (agent: ScriptedAgent): Offer => agent.offers().at(-1) as Offer;
const detailOf = (offer: Offer) => ledger.feature.executions.get(offer.execution);
const runOf = async (offer: Offer) => {
  const { runId } = await detailOf(offer);
  return ledger.feature.runs.get(runId);
};
const log = (agent: ScriptedAgent, offer: Offer, offset: number, text: string): Promise<void> =>
  agent.say({ type: 'log', execution: offer.execution, attempt: offer.attempt, offset, stream: 'out', at: 0, text });

async function running(input: Record<string, unknown> = {}): Promise<Offer> {
  await ledger.post({ owner: 'web', ...input });
  await ledger.settle();
  const offer = lastOffer(web);
  await web.accept(offer);
  await log(web, offer, 0, 'before ');
  return offer;
}

async function pass(...seconds: number[]): Promise<void> {
  for (const span of seconds) {
    await ledger.clock.advance(span * 1000);
    await ledger.settle();
  }
}

/** The agent stays away until its work is given up. */
async function lost(input: Record<string, unknown> = {}): Promise<Offer> {
  const offer = await running(input);
  await web.disconnect();
  await pass(1, 31, 3601);
  return offer;
}

describe('work that was lost', () => {
  test('keeps its final state, and what its host tells on its return beside it, log and all', async () => {
    const offer = await lost();
    const before = await runOf(offer);
    expect(await detailOf(offer)).toMatchObject({ state: 'lost', reason: 'given_up', logBytes: 7, lateResult: null });
    const verdicts = await web.connect([{ execution: offer.execution, attempt: 1, state: 'ended', logSize: 16 }]);
    expect(verdicts).toEqual([{ execution: offer.execution, attempt: 1, verdict: 'deliver', logFrom: 7 }]);
    await log(web, offer, 7, 'and after');
    expect(web.received.at(-1)).toMatchObject({ type: 'log_ack', offset: 16 });
    await web.end(offer, { logSize: 16, message: 'All done.', data: { rows: 3 }, durationMs: 1234 });
    expect(web.received.at(-1)).toMatchObject({ type: 'ack', attempt: 1 });
    expect(await detailOf(offer)).toMatchObject({
      state: 'lost',
      reason: 'given_up',
      logBytes: 16,
      lateResult: {
        attempt: 1,
        outcome: 'succeeded',
        reason: 'finished',
        message: 'All done.',
        exitCode: 0,
        data: { rows: 3 },
        durationMs: 1234,
        receivedAt: new Date(ledger.clock.now()).toISOString(),
      },
    });
    expect(await runOf(offer)).toEqual(before);
  });

  test('is recorded once: a second word changes nothing, and is acknowledged', async () => {
    const offer = await lost();
    await web.connect([{ execution: offer.execution, attempt: 1, state: 'ended', logSize: 7 }]);
    await web.end(offer, { logSize: 7 });
    await web.end(offer, { logSize: 7, outcome: 'failed', reason: 'exit_code' });
    expect(web.received.at(-1)).toMatchObject({ type: 'ack' });
    await web.disconnect();
    const verdicts = await web.connect([{ execution: offer.execution, attempt: 1, state: 'ended', logSize: 7 }]);
    expect(verdicts).toMatchObject([{ verdict: 'forget' }]);
    expect(await detailOf(offer)).toMatchObject({ lateResult: { outcome: 'succeeded' } });
  });

  test('asks for the output that is missing before it acknowledges the result', async () => {
    const offer = await lost();
    await web.connect([{ execution: offer.execution, attempt: 1, state: 'ended', logSize: 16 }]);
    await web.end(offer, { logSize: 16 });
    expect(web.received.at(-1)).toMatchObject({ type: 'log_from', offset: 7 });
    await log(web, offer, 9, 'a gap');
    expect(web.received.at(-1)).toMatchObject({ type: 'log_from', offset: 7 });
    expect(await detailOf(offer)).toMatchObject({ lateResult: null });
  });

  test('that runs still is told to stop, and how it ended is kept', async () => {
    const offer = await lost();
    const verdicts = await web.connect([{ execution: offer.execution, attempt: 1, state: 'running', logSize: 7 }]);
    expect(verdicts).toEqual([{ execution: offer.execution, attempt: 1, verdict: 'keep', logFrom: 7 }]);
    expect(web.received.at(-1)).toMatchObject({ type: 'stop', attempt: 1, reason: 'given_up' });
    await web.end(offer, { logSize: 7, outcome: 'cancelled', reason: 'cancel_requested' });
    expect(await detailOf(offer)).toMatchObject({ state: 'lost', lateResult: { outcome: 'cancelled' } });
  });

  test('is not believed from another agent', async () => {
    const offer = await lost();
    const other = ledger.agent('other');
    await other.end(offer, { logSize: 7 });
    await log(other, offer, 7, 'mine');
    expect(await detailOf(offer)).toMatchObject({ lateResult: null, logBytes: 7 });
  });
});

describe('work that was tried again', () => {
  const again = {
    idempotent: true,
    retries: { count: 1, delaySeconds: 0, factor: 1, capSeconds: 0, jitter: 0, on: ['lost'] },
  };

  test('keeps the late result with its attempt, and goes on', async () => {
    const first = await lost(again);
    const verdicts = await web.connect([{ execution: first.execution, attempt: 1, state: 'ended', logSize: 99 }]);
    // its output has no place any more, so that it is not asked for
    expect(verdicts).toEqual([{ execution: first.execution, attempt: 1, verdict: 'deliver', logFrom: 99 }]);
    await ledger.settle();
    const second = lastOffer(web);
    expect(second).toMatchObject({ execution: first.execution, attempt: 2 });
    await web.accept(second);
    await web.end(first, { logSize: 99 });
    expect(await detailOf(first)).toMatchObject({
      state: 'running',
      attempt: 2,
      lateResult: null,
      attempts: [{ attempt: 1, outcome: 'lost', lateResult: { outcome: 'succeeded' } }],
    });
    await web.end(second);
    expect(await detailOf(first)).toMatchObject({ state: 'succeeded', lateResult: null });
  });

  test('takes no output of the attempt before, and lets its agent come to the end of it', async () => {
    const first = await lost(again);
    await web.connect([{ execution: first.execution, attempt: 1, state: 'running', logSize: 7 }]);
    web.received.length = 0;
    await log(web, first, 7, 'late');
    await log(web, first, 11, 'later');
    expect(web.received.filter(({ type }) => type !== 'offer')).toMatchObject([
      { type: 'log_ack', attempt: 1, offset: 11 },
      { type: 'stop', attempt: 1 },
      { type: 'log_ack', attempt: 1, offset: 16 },
    ]);
    expect(await detailOf(first)).toMatchObject({ logBytes: 7 });
  });
});

test('a forced cancel shows how the work ended after all', async () => {
  const offer = await running();
  await ledger.feature.executions.cancel(offer.execution, admin);
  await pass(41);
  expect(await detailOf(offer)).toMatchObject({ state: 'cancelled', reason: 'cancel_forced' });
  await log(web, offer, 7, 'still here');
  await web.end(offer, { logSize: 17, exitCode: 0 });
  expect(await detailOf(offer)).toMatchObject({ state: 'cancelled', logBytes: 17, lateResult: { outcome: 'succeeded' } });
});

test('so does work that the server timed out', async () => {
  const offer = await running({ timeoutSeconds: 60, graceSeconds: 5 });
  await pass(126, 36);
  expect(await detailOf(offer)).toMatchObject({ state: 'timed_out', reason: 'time_limit' });
  await web.end(offer, { logSize: 7, outcome: 'failed', reason: 'exit_code', exitCode: 3 });
  expect(await detailOf(offer)).toMatchObject({ state: 'timed_out', lateResult: { outcome: 'failed', exitCode: 3 } });
});

test('a result that was recorded in time is not recorded a second time as a late one', async () => {
  const offer = await running();
  await web.end(offer, { logSize: 7 });
  await web.end(offer, { logSize: 7 });
  expect(await detailOf(offer)).toMatchObject({ state: 'succeeded', lateResult: null });
});

test('one who waits for the page of the execution is told that there is news', async () => {
  const offer = await lost();
  const heard: unknown[] = [];
  await web.connect([{ execution: offer.execution, attempt: 1, state: 'ended', logSize: 7 }]);
  ledger.events.on('execution.changed', (event) => void heard.push(event));
  await web.end(offer, { logSize: 7 });
  expect(heard).toMatchObject([{ executionId: offer.execution, state: 'lost' }]);
});
