import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type TaskInput, taskInput } from '../../../shared/api/tasks.ts';
import { admin, openTestLedger, type TestLedger } from '../../../tests/support/ledger.ts';

let ledger: TestLedger;
beforeEach(async () => {
  ledger = await openTestLedger({ maxExecutionsPerRun: 2 });
});
afterEach(() => ledger.dispose());

const inputOf = (task: Record<string, unknown>): TaskInput => taskInput.parse({ owner: 'Anyone', plugin: 'noop', ...task });
const post = (...tasks: readonly Record<string, unknown>[]) => ledger.feature.tasks.createBatch(tasks.map(inputOf), admin);
const runs = async () => (await ledger.feature.runs.list({ limit: 500 })).items;

test('every task of a batch runs, and the answer names them in the order of the request', async () => {
  const web = ledger.agent('web', { slots: 500 });
  const created = await post(...Array.from({ length: 300 }, (_, index) => ({ name: `number ${index}`, args: [index] })));
  await ledger.settle();
  expect(web.offers().map(({ args }) => args)).toEqual(created.map((_, index) => [index]));
  for (const place of [0, 299]) {
    const { taskId, runId } = created[place] ?? { taskId: '', runId: null };
    expect(await ledger.feature.tasks.get(taskId)).toMatchObject({ name: `number ${place}`, lastRunId: runId });
  }
  expect(await runs()).toHaveLength(300);
});

test('one that only fires later has no run yet', async () => {
  const [now, later] = await post({}, { type: 'Interval', everySeconds: 60 });
  expect(now?.runId).toMatch(/^run_/);
  expect(later?.runId).toBeNull();
});

test('when one of them cannot be made, none is, and each fault is told at the place of its task', async () => {
  const faulty = { type: 'Scheduled', cron: 'never' };
  await expect(post({}, faulty, {}, { type: 'Interval' })).rejects.toMatchObject({
    code: 'schedule_invalid',
    details: { field: 'tasks.1.cron', issues: [{ field: 'tasks.1.cron' }, { field: 'tasks.3.everySeconds' }] },
  });
  expect(await runs()).toEqual([]);
  expect((await ledger.feature.tasks.list({ limit: 10 })).items).toEqual([]);
});

test('what shows only while rows are written takes back those before it', async () => {
  for (const name of ['a', 'b', 'c']) ledger.agent(name);
  const told: string[] = [];
  ledger.events.on('run.created', ({ runId }) => void told.push(runId));
  await expect(post({}, { owner: 'ALL' })).rejects.toMatchObject({
    code: 'field_invalid',
    details: { field: 'tasks.1.owner' },
  });
  await ledger.settle();
  expect([await runs(), told]).toEqual([[], []]);
});
