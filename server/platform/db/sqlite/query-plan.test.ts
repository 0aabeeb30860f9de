import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openTestDatabase, type TestDatabase } from '../../../../tests/support/database.ts';
import { queryPlan } from './query-plan.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.dispose());

test('the plan of a query names the index that it uses, or says that it scans', async () => {
  const { read } = database.db;
  const indexed = read.selectFrom('runs').selectAll().where('task_id', '=', 'tsk_1').orderBy('id', 'desc').limit(10);
  expect(await queryPlan(read, indexed)).toEqual(['SEARCH runs USING INDEX runs_by_task (task_id=?)']);
  const scanning = read.selectFrom('runs').selectAll().where('created_by', '=', 'ann');
  expect(await queryPlan(read, scanning)).toEqual(['SCAN runs']);
});
