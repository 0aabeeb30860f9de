import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createScratch, type ScratchTables } from './contract/scratch.ts';
import { openDatabase } from './open.ts';
import type { DatabasePort } from './port.ts';

let dataDir: string;
let db: DatabasePort<ScratchTables>;
let now = 0;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'muster-group-'));
  const maxMsPerGroup = { ms: 10, monotonic: () => now };
  db = await openDatabase({ dataDir, limits: { maxUnitsPerGroup: 100, maxTurnsToGather: 8, maxWaiting: 100, maxMsPerGroup } });
  await db.write((transaction) => sql.raw(createScratch).execute(transaction));
});
afterEach(async () => {
  await db.close();
  await rm(dataDir, { recursive: true, force: true });
});

test('a group that has taken its time is committed, and the units after it go on in the next one, in order', async () => {
  const settled: number[] = [];
  /** @returns how many rows were durable as it began */
  const unit = (id: number, ms: number): Promise<number> =>
    db
      .write(async (transaction) => {
        const before = await db.read.selectFrom('scratch').select('id').execute();
        await transaction.insertInto('scratch').values({ id, text: '' }).execute();
        now += ms;
        if (id === 5) throw new Error('five');
        return before.length;
      })
      .finally(() => void settled.push(id));
  const units = [unit(1, 4), unit(2, 4), unit(3, 4), unit(4, 12), unit(5, 12), unit(6, 1)];
  const results = await Promise.allSettled(units);
  expect(results.map((result) => (result.status === 'fulfilled' ? result.value : (result.reason as Error).message))).toEqual([
    0,
    0,
    0,
    3,
    'five',
    4,
  ]);
  expect(settled).toEqual([1, 2, 3, 4, 5, 6]);
});
