import type { TestDatabase } from '../database.ts';
import { emptyLedger, watchMoves } from '../ledger-world/rows.ts';
import { createChecker } from './invariants.ts';
import { type Oracle, openOracle } from './oracle.ts';
import { play } from './play.ts';
import type { Protections } from './protections.ts';
import type { Step } from './steps.ts';
import { openProtocolWorld } from './world.ts';

/** Lets histories happen one after the other, each in a world of its own on a database that they share. */
export type Stage = {
  /** @throws Error that begins with `Broken:` when a promise does not hold */
  play(steps: readonly Step[], protections?: Protections): Promise<void>;
  close(): void;
};

export async function openStage({ db, dataDir }: TestDatabase): Promise<Stage> {
  await watchMoves(db);
  const oracle: Oracle = openOracle(dataDir);
  return {
    async play(steps, protections) {
      await emptyLedger(db);
      const world = await openProtocolWorld(db, oracle, protections);
      try {
        await play(world, steps, createChecker(world));
      } finally {
        await world.dispose();
      }
    },
    close: oracle.close,
  };
}
