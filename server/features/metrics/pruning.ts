import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../schema/schema.ts';
import { blockSeconds, blocksBetween, type Level, type Levels } from './levels.ts';
import { deleteBlocksOfAgent, deleteBlocksOfStart, endOfLevel } from './metrics.store.ts';

/** Removes what is older than it is kept for, and what would lie in the future after a clock was set back. */
export type Pruning = {
  /** In small units with a pause after each; the signal ends it between two. */
  pass(signal: AbortSignal): Promise<void>;
  removeAgent(agentId: string): Promise<void>;
};

export type PruningResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly levels: Levels;
  readonly pause: () => Promise<void>;
};

const perUnit = 200;

export function createPruning({ db, clock, levels, pause }: PruningResources): Pruning {
  const now = (): number => Math.floor(clock.now() / 1000);

  async function prune(level: Level, end: 'earliest' | 'latest', signal: AbortSignal): Promise<void> {
    const { stepSeconds, keepSeconds } = level;
    const length = blockSeconds(stepSeconds);
    while (!signal.aborted) {
      const start = (await endOfLevel(db.read, stepSeconds, end))?.start;
      if (start === undefined) return;
      const outside = end === 'earliest' ? start + length <= now() - keepSeconds : start > now() + length;
      if (!outside) return;
      await db.write((writer) => deleteBlocksOfStart(writer, stepSeconds, start, perUnit));
      await pause();
    }
  }

  return {
    async pass(signal) {
      for (const level of Object.values(levels)) {
        await prune(level, 'earliest', signal);
        await prune(level, 'latest', signal);
      }
    },
    async removeAgent(agentId) {
      // one look for each block that it can have: there is no other way to them by the name of the host
      for (const { stepSeconds, keepSeconds } of Object.values(levels)) {
        const length = blockSeconds(stepSeconds);
        const starts = blocksBetween(stepSeconds, now() - keepSeconds - length, now() + length);
        for (let from = 0; from < starts.length; from += perUnit)
          await db.write((writer) => deleteBlocksOfAgent(writer, stepSeconds, starts.slice(from, from + perUnit), agentId));
      }
    },
  };
}
