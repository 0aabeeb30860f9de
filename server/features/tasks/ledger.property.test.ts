import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openTestDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import { type Invariants, watch } from '../../../tests/support/ledger-world/invariants.ts';
import { memoryFolder } from '../../../tests/support/ledger-world/memory-folder.ts';
import { perform } from '../../../tests/support/ledger-world/perform.ts';
import { type History, history, scriptOf } from '../../../tests/support/ledger-world/steps.ts';
import { openWorld } from '../../../tests/support/ledger-world/world.ts';

/**
 * Random histories of a small fleet against the real ledger: whatever agents, networks, operators and crashes do, the promises hold.
 * `MUSTER_PROPERTY_RUNS` sets how many (200), `MUSTER_PROPERTY_SEED` which.
 */
const runs = Number(process.env.MUSTER_PROPERTY_RUNS ?? 200);
const seed = process.env.MUSTER_PROPERTY_SEED === undefined ? {} : { seed: Number(process.env.MUSTER_PROPERTY_SEED) };

let database: TestDatabase;
let invariants: Invariants;
beforeAll(async () => {
  database = await openTestDatabase(memoryFolder);
  invariants = await watch(database.db);
});
afterAll(() => database.dispose());

async function happen(story: History): Promise<void> {
  await invariants.reset();
  const world = await openWorld(database.db);
  await perform(world, story, () => invariants.check(world));
  await invariants.checkEnd(world);
}

test(
  'no history breaks the promises of the ledger',
  async () => {
    const result = await fc.check(fc.asyncProperty(history, happen), { numRuns: runs, ...seed });
    const [story] = result.counterexample ?? [];
    if (story !== undefined)
      throw new Error(
        `${result.errorInstance}\n\nafter (seed ${result.seed}, ${result.numShrinks} shrinks):\n${scriptOf(story)}`,
      );
    expect(result.failed).toBe(false);
  },
  20_000 + runs * 1000,
);
