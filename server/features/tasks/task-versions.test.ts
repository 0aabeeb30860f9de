import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { taskInput } from '../../../shared/api/tasks.ts';
import { admin, openTestLedger, type TestLedger } from '../../../tests/support/ledger.ts';

let ledger: TestLedger;
beforeEach(async () => {
  ledger = await openTestLedger();
  ledger.agent('web');
});
afterEach(() => ledger.dispose());

const draft = { owner: 'web', plugin: 'noop', type: 'Scheduled', cron: '0 3 * * *' } as const;
const edit = (id: string, version: number, change: object, by = 'ann') =>
  ledger.feature.tasks.update(id, taskInput.parse({ ...draft, ...change }), version, { ...admin, name: by });

test('each version tells who made it, when, and what it changed', async () => {
  const { task } = await ledger.post({ ...draft, startsAt: '2026-02-01T00:00:00.000Z' });
  await ledger.clock.advance(60_000);
  await edit(task.id, 1, { startsAt: '2026-02-01T00:00:00.000Z', cron: '0 4 * * *', args: { who: 'all' } });
  await ledger.clock.advance(60_000);
  await edit(task.id, 2, { cron: '0 4 * * *', args: { who: 'all' }, retries: { count: 2 } }, 'bob');
  const { items, next } = await ledger.feature.tasks.versions(task.id, { limit: 10 });
  expect(next).toBeNull();
  expect(items.map(({ version, by, diff }) => [version, by, diff?.added, diff?.removed])).toEqual([
    [3, 'bob', 1, 2],
    [2, 'ann', 4, 2],
    [1, admin.name, undefined, undefined],
  ]);
  expect(Date.parse(items[0]?.at ?? '') - Date.parse(items[1]?.at ?? '')).toBe(60_000);
  expect(items[0]?.diff?.patch).toContain('-  "startsAt": "2026-02-01T00:00:00.000Z",');
  expect(items[0]?.diff?.patch).toContain('+    "count": 2,');
  expect(items[1]?.diff?.patch).toContain('+    "who": "all"');
  expect(items[1]?.diff?.patch).toMatch(/^- {2}"cron": "0 3 \* \* \*",$/m);
});

test('they page, and each page compares its last one with the one before it', async () => {
  const { task } = await ledger.post(draft);
  for (let version = 1; version < 6; version += 1) await edit(task.id, version, { cron: `${version} 3 * * *` });
  const first = await ledger.feature.tasks.versions(task.id, { limit: 4 });
  const second = await ledger.feature.tasks.versions(task.id, { limit: 4, after: first.next ?? 0 });
  expect(first.items.map(({ version, diff }) => [version, diff?.added])).toEqual([[6, 1], [5, 1], [4, 1], [3, 1]]); // biome-ignore format: a table
  expect(second.items.map(({ version, diff }) => [version, diff?.added])).toEqual([[2, 1], [1, undefined]]); // biome-ignore format: a table
  expect(second.next).toBeNull();
});

test('what is too long is not compared', async () => {
  const { task } = await ledger.post(draft);
  await edit(task.id, 1, { args: { text: 'x'.repeat(100_000) } });
  const { items } = await ledger.feature.tasks.versions(task.id, { limit: 10 });
  expect(items.map(({ version, diff }) => [version, diff])).toEqual([
    [2, null],
    [1, null],
  ]);
});
