import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openTestLedger, type TestLedger } from '../../../tests/support/ledger.ts';
import { readyForEach } from './queue.store.ts';

/** Queues that are shorter than the free slots of their hosts are read together; the others one by one. */

let ledger: TestLedger;
beforeEach(async () => {
  ledger = await openTestLedger();
});
afterEach(() => ledger.dispose());

test('hosts with short queues and hosts with long ones are offered their oldest work, as much as they have room for', async () => {
  const one = ledger.agent('one', { slots: 2 });
  const two = ledger.agent('two', { slots: 3 });
  const full = ledger.agent('full', { slots: 1 });
  const away = ledger.agent('away', { connected: false });
  const posted: Record<string, string[]> = {};
  for (const owner of ['full', 'one', 'away', 'two', 'full', 'two', 'one', 'full']) {
    const { run } = await ledger.post({ owner });
    posted[owner] = [...(posted[owner] ?? []), run?.id ?? ''];
  }
  await ledger.settle();
  const runsOf = (agent: typeof one): string[] => agent.offers().map(({ run }) => run);
  expect(runsOf(one)).toEqual(posted.one);
  expect(runsOf(two)).toEqual(posted.two);
  expect(runsOf(full)).toEqual(posted.full?.slice(0, 1));
  expect(runsOf(away)).toEqual([]);

  for (let ended = 0; ended < 2; ended += 1) {
    const offer = full.offers()[ended];
    if (offer === undefined) throw new Error('it was not offered');
    await full.accept(offer);
    await full.end(offer);
    await ledger.settle();
  }
  expect(runsOf(full)).toEqual(posted.full);
});

test('a host is offered no more than it has room for, even if its queue is longer than the books say', async () => {
  const one = ledger.agent('one', { slots: 1 });
  ledger.agent('two', { slots: 1 });
  await ledger.post({ owner: 'one' });
  await ledger.post({ owner: 'two' });
  await ledger.db.write(async (writer) => {
    const row = await writer.selectFrom('executions').selectAll().where('agent_id', '=', one.id).executeTakeFirstOrThrow();
    await writer
      .insertInto('executions')
      .values({ ...row, id: `${row.id}x` })
      .execute();
  });
  await ledger.settle();
  expect(one.offers()).toHaveLength(1);
});

test('what has expired, has to wait or has to pass a gate is not read, and the oldest comes first', async () => {
  const agents = ['one', 'two'].map((name) => ledger.agent(name, { connected: false }));
  for (let i = 0; i < 5; i += 1) for (const { name } of agents) await ledger.post({ owner: name });
  const all = await ledger.db.read.selectFrom('executions').select('id').orderBy('id').execute();
  const [expired, late, gated, ended, ...left] = all.map(({ id }) => id);
  const now = ledger.clock.now();
  await ledger.db.write(async (writer) => {
    const change = (id: string | undefined, values: Record<string, number | string>) =>
      writer.updateTable('executions').set(values).where('id', '=', id ?? '').execute(); // biome-ignore format: one statement
    await change(expired, { expires_at: now });
    await change(late, { not_before: now + 1 });
    await change(gated, { gates: 1 });
    await change(ended, { state: 'cancelled', open: 0 });
  });
  const rows = await readyForEach(ledger.db.read, [...agents.map(({ id }) => id), 'agt_nobody'], now);
  expect(rows.map(({ id }) => id)).toEqual(left);
});
