import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { admin, openTestLedger, type TestLedger } from '../../../tests/support/ledger.ts';
import type { TaskFilter } from './task-filter.ts';

let ledger: TestLedger;
beforeEach(async () => {
  ledger = await openTestLedger();
  ledger.agent('web');
});
afterEach(() => ledger.dispose());

const make = async (name: string, more: object = {}): Promise<string> =>
  (await ledger.post({ owner: 'web', name, ...more })).task.id;
const hourly = { type: 'Interval', everySeconds: 3600 };

async function allPages(query: TaskFilter & { name: string }, limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  for (let after: string | undefined; ; ) {
    const page = await ledger.feature.tasks.list({ ...query, limit, ...(after === undefined ? {} : { after }) });
    pages.push(page.items.map(({ name }) => name));
    if (page.next === null) return pages;
    after = page.next;
  }
}

test('finds names that begin with a text, in upper or lower case, in their order and page by page', async () => {
  for (const name of ['Backup b', 'backup a', 'deploy', 'BACKUP c', 'back', 'a backup', 'backup a']) await make(name);
  expect(await allPages({ name: 'Backup' }, 2)).toEqual([
    ['backup a', 'backup a'],
    ['Backup b', 'BACKUP c'],
  ]);
  expect(await allPages({ name: 'zzz' }, 2)).toEqual([[]]);
  expect(await allPages({ name: '%' }, 2)).toEqual([[]]);
});

test('goes together with the other filters', async () => {
  await make('backup once');
  await make('backup hourly', hourly);
  const paused = await make('backup paused', hourly);
  await ledger.feature.tasks.pause(paused, admin);
  await make('deploy hourly', hourly);
  expect(await allPages({ name: 'backup', status: 'paused' }, 10)).toEqual([['backup paused']]);
  expect(await allPages({ name: 'backup', type: 'Interval' }, 10)).toEqual([['backup paused', 'backup hourly']]);
  expect(await allPages({ name: 'backup', status: 'done' }, 10)).toEqual([['backup once']]);
  expect(await allPages({ name: 'backup', type: 'Adhoc', plugin: 'noop' }, 1)).toEqual([['backup once']]);
  expect(await allPages({ name: 'backup', plugin: 'other' }, 10)).toEqual([[]]);
});

test('goes on from a task that was deleted meanwhile, and leaves the deleted ones out', async () => {
  for (const name of ['job 1', 'job 2', 'job 3', 'job 4']) await make(name);
  const { items, next } = await ledger.feature.tasks.list({ name: 'job', limit: 2 });
  await ledger.feature.tasks.remove(items.at(-1)?.id ?? '', admin);
  const rest = await ledger.feature.tasks.list({ name: 'job', limit: 2, after: next ?? '' });
  expect(rest.items.map(({ name }) => name)).toEqual(['job 3', 'job 4']);
  expect(await allPages({ name: 'job' }, 10)).toEqual([['job 1', 'job 3', 'job 4']]);
});

test('a page ends after so many tasks, whatever it has found, and the next one goes on', async () => {
  const row = await ledger.db.read
    .selectFrom('tasks')
    .selectAll()
    .where('id', '=', await make('bulk needle'))
    .executeTakeFirstOrThrow();
  await ledger.db.write(async (writer) => {
    for (let from = 0; from < 6000; from += 500)
      await writer
        .insertInto('tasks')
        .values(
          Array.from({ length: 500 }, (_, n) => ({
            ...row,
            id: `tsk_${String(from + n).padStart(26, '0')}`,
            name: 'bulk',
            plugin: 'hay',
          })),
        )
        .execute();
  });
  expect(await allPages({ name: 'bulk', plugin: 'noop' }, 10)).toEqual([[], ['bulk needle']]);
});
