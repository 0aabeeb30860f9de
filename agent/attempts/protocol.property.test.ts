import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openTestDatabase, type TestDatabase } from '../../tests/support/database.ts';
import { memoryFolder } from '../../tests/support/ledger-world/memory-folder.ts';
import { openStage, type Stage } from '../../tests/support/protocol-world/run-history.ts';
import { history, scriptOf } from '../../tests/support/protocol-world/steps.ts';

/**
 * Random histories of whole agents and a whole ledger: lossy connections, kills of either side, losses of power, full disks.
 * `MUSTER_PROPERTY_RUNS` sets how many (60), `MUSTER_PROPERTY_SEED` which.
 */
const runs = Number(process.env.MUSTER_PROPERTY_RUNS ?? 60);
const seed = process.env.MUSTER_PROPERTY_SEED === undefined ? {} : { seed: Number(process.env.MUSTER_PROPERTY_SEED) };

let database: TestDatabase;
let stage: Stage;
beforeAll(async () => {
  database = await openTestDatabase(memoryFolder);
  stage = await openStage(database);
});
afterAll(async () => {
  stage.close();
  await database.dispose();
});

test(
  'no history breaks the promises between agents and ledger',
  async () => {
    const result = await fc.check(
      fc.asyncProperty(history, (steps) => stage.play(steps)),
      { numRuns: runs, ...seed },
    );
    const [steps] = result.counterexample ?? [];
    if (steps !== undefined)
      throw new Error(
        `${result.errorInstance}\n\nafter (seed ${result.seed}, ${result.numShrinks} shrinks):\n${scriptOf(steps)}`,
      );
    expect(result.failed).toBe(false);
  },
  20_000 + runs * 1000,
);
