import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openTestDatabase, type TestDatabase } from '../../tests/support/database.ts';
import { memoryFolder } from '../../tests/support/ledger-world/memory-folder.ts';
import { without } from '../../tests/support/protocol-world/protections.ts';
import { openStage, type Stage } from '../../tests/support/protocol-world/run-history.ts';
import { history } from '../../tests/support/protocol-world/steps.ts';

/** A checker that has never seen a broken promise proves nothing. So each protection is turned off in turn, and it must find out. */

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

/** Seeds by which it is seen soon. */
const cases: readonly [name: keyof typeof without, seed: number][] = [
  ['dedup', 3],
  ['journal', 4],
  ['fence', 1],
  ['ackAfterCommit', 1],
  ['reconcile', 1],
  ['lease', 1],
];

test.each(cases)(
  'the checker sees when %s is off',
  async (name, seed) => {
    const { failed, errorInstance } = await fc.check(
      fc.asyncProperty(history, (steps) => stage.play(steps, without[name])),
      { numRuns: 400, seed, endOnFailure: true },
    );
    const isSeen = String(errorInstance).includes('Broken: ');
    expect({ failed, isSeen }).toEqual({ failed: true, isSeen: true });
  },
  60_000,
);
