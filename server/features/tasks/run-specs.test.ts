import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openTestLedger, type TestLedger } from '../../../tests/support/ledger.ts';
import { createRunSpecs } from './run-specs.ts';
import { findRun } from './runs.store.ts';

let ledger: TestLedger;
beforeEach(async () => {
  ledger = await openTestLedger();
});
afterEach(() => ledger.dispose());

test('what a run shares is read once, and the oldest is let go when there is too much of it', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 4; i += 1) ids.push((await ledger.post({ owner: 'ALL', args: ['x'.repeat(10_000), i] })).run?.id ?? '');
  const specs = createRunSpecs(ledger.db, 30_000);
  const read = await Promise.all(ids.map((id) => specs.of(id)));
  expect(read.map(({ args }) => (args as unknown[])[1])).toEqual([0, 1, 2, 3]);
  expect(await specs.of(ids[3] ?? '')).toBe(read[3]);
  expect(await specs.of(ids[0] ?? '')).not.toBe(read[0]);
  expect(await specs.of(ids[0] ?? '')).toEqual(read[0]);
});

test('a single run may be larger than all that is kept', async () => {
  const { run } = await ledger.post({ owner: 'ALL', args: ['x'.repeat(10_000)] });
  const specs = createRunSpecs(ledger.db, 100);
  const row = await findRun(ledger.db.read, run?.id ?? '');
  if (row !== undefined) specs.remember(row);
  expect(await specs.of(run?.id ?? '')).toBe(await specs.of(run?.id ?? ''));
});

test('a run that is not there is an error of the ledger', async () => {
  await expect(createRunSpecs(ledger.db).of('run_nowhere')).rejects.toMatchObject({ code: 'internal' });
});
