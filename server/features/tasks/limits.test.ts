import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { admin, openTestLedger, type TestLedger } from '../../../tests/support/ledger.ts';

let ledger: TestLedger;
beforeEach(async () => {
  ledger = await openTestLedger({ maxExecutionsPerRun: 3, maxQueuedPerAgent: 2, maxQueuedForAnyone: 1 });
});
afterEach(() => ledger.dispose());

const rows = async () =>
  (await ledger.feature.executions.list({ limit: 100 })).items
    .toReversed()
    .map(({ agentName, state, reason }) => [agentName, state, reason]);

test('of a run that reaches full and free queues, the full ones leave a row with its reason', async () => {
  ledger.agent('full', { connected: false });
  ledger.agent('free', { connected: false });
  for (let n = 0; n < 2; n += 1) await ledger.post({ owner: 'full' });
  await ledger.post({ owner: 'ALL' });
  expect((await rows()).slice(2)).toEqual([
    ['full', 'skipped', 'queue_full'],
    ['free', 'queued', 'host_offline'],
  ]);
});

test('work for a full queue is refused and leaves nothing, until there is room again', async () => {
  ledger.agent('web', { connected: false });
  for (let n = 0; n < 2; n += 1) await ledger.post({ owner: 'web' });
  const before = await rows();
  await expect(ledger.post({ owner: 'web' })).rejects.toMatchObject({ code: 'queue_full', details: { retryAfterSeconds: 30 } });
  expect(await rows()).toEqual(before);
  const [run] = (await ledger.feature.runs.list({ limit: 1 })).items;
  await ledger.feature.runs.cancel(run?.id ?? '', admin);
  await ledger.post({ owner: 'web' });
});

test('the queue of Anyone has a limit of its own', async () => {
  await ledger.post({ owner: 'Anyone' });
  await expect(ledger.post({ owner: 'Anyone' })).rejects.toMatchObject({ code: 'queue_full' });
});

test('a run may not reach more hosts than the limit, by whatever way it is started', async () => {
  for (const name of ['a', 'b', 'c']) ledger.agent(name);
  const { task, run } = await ledger.post({ owner: 'ALL' });
  ledger.agent('d');
  for (const start of [
    () => ledger.post({ owner: 'ALL' }),
    () => ledger.feature.tasks.run(task.id, admin),
    () => ledger.feature.runs.retry(run?.id ?? '', {}, admin),
  ])
    await expect(start()).rejects.toMatchObject({ code: 'field_invalid', details: { field: 'owner' } });
});
