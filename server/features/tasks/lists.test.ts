import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Offer } from '../../../shared/protocol.ts';
import { admin, openTestLedger, type ScriptedAgent, type TestLedger } from '../../../tests/support/ledger.ts';

let ledger: TestLedger;
let web: ScriptedAgent;
beforeEach(async () => {
  ledger = await openTestLedger();
  web = ledger.agent('web', { slots: 2 });
});
afterEach(() => ledger.dispose());

test('a page of runs counts what each of them has in every state', async () => {
  ledger.agent('away', { connected: false });
  await ledger.post({ owner: 'ALL' });
  await ledger.post({ owner: 'web' });
  await ledger.post({ owner: 'web' });
  await ledger.settle();
  const [first, second] = web.offers() as [Offer, Offer];
  await web.accept(first);
  await web.accept(second);
  await web.end(second);
  const { items } = await ledger.feature.runs.list({ limit: 10 });
  expect(items.map(({ counts, open }) => ({ counts, open }))).toEqual([
    { counts: { queued: 1 }, open: 1 },
    { counts: { succeeded: 1 }, open: 0 },
    { counts: { running: 1, queued: 1 }, open: 2 },
  ]);
  expect(await ledger.feature.runs.overview()).toMatchObject({ runsActive: 2, executionsOpen: { running: 1, queued: 2 } });
});

test('a page of executions says how much log each of them has, running or not', async () => {
  await ledger.post({ owner: 'web' });
  await ledger.post({ owner: 'web' });
  await ledger.settle();
  for (const offer of web.offers()) {
    const { execution, attempt } = offer;
    await web.accept(offer);
    await web.say({ type: 'log', execution, attempt, offset: 0, stream: 'out', at: 0, text: 'five\n' });
  }
  const [first] = web.offers() as [Offer];
  await web.end(first, { logSize: 5 });
  const { items } = await ledger.feature.executions.list({ limit: 10 });
  expect(items.map(({ state, logBytes }) => [state, logBytes])).toEqual([
    ['running', 5],
    ['succeeded', 5],
  ]);
});

test('filters go together, and pages follow each other', async () => {
  const other = ledger.agent('other');
  for (let i = 0; i < 3; i += 1) await ledger.post({ owner: 'ALL' });
  await ledger.settle();
  const { executions } = ledger.feature;
  const all = (await executions.list({ limit: 100 })).items;
  expect(all).toHaveLength(6);
  const [newest] = all;
  const { items } = await executions.list({
    runId: newest?.runId,
    agentId: other.id,
    taskId: newest?.taskId,
    state: 'offered',
    limit: 10,
  });
  expect(items.map(({ agentName, runId }) => [agentName, runId])).toEqual([['other', newest?.runId]]);
  expect((await executions.list({ agentId: web.id, state: 'queued', limit: 10 })).items).toHaveLength(1);
  const paged: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await executions.list({ agentId: other.id, limit: 2, ...(after === undefined ? {} : { after }) });
    paged.push(...page.items.map(({ id }) => id));
    if (page.next === null) break;
    after = page.next;
  }
  expect(paged).toEqual(all.filter(({ agentId }) => agentId === other.id).map(({ id }) => id));
});

test('tasks are filtered by every field, and the deleted ones are not there', async () => {
  const { task } = await ledger.post({ owner: 'web', type: 'Interval', everySeconds: 60 });
  await ledger.post({ owner: 'web' });
  const gone = await ledger.post({ owner: 'web', type: 'Interval', everySeconds: 60 });
  await ledger.feature.tasks.remove(gone.task.id, admin);
  const ids = async (filter: object) => (await ledger.feature.tasks.list({ limit: 10, ...filter })).items.map(({ id }) => id);
  expect(await ids({})).toHaveLength(2);
  expect(await ids({ status: 'active', type: 'Interval', plugin: 'noop' })).toEqual([task.id]);
  expect(await ids({ status: 'done', type: 'Interval' })).toEqual([]);
  expect(await ids({ status: 'done', plugin: 'noop' })).toHaveLength(1);
  expect(await ids({ type: 'Interval', plugin: 'other' })).toEqual([]);
});
