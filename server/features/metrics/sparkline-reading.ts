import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../schema/schema.ts';
import { readBlock, sampleAt } from './block.ts';
import type { Histories } from './histories.ts';
import type { HostHistory } from './host-history.ts';
import { blocksBetween, stepSecondsOf, stepsPerBlock } from './levels.ts';
import { findBlocks } from './metrics.store.ts';
import { unpackValue } from './sample.ts';
import { type Sparklines, sparkMinutes } from './sparkline.ts';

const stepSeconds = stepSecondsOf.minute;
const perStatement = 200;

/**
 * The sparklines of the hosts that a page shows: from memory, which a server that has just started fills from the disk when it is first
 * asked, for all of the page together.
 */
export function createSparklineReading({
  db,
  clock,
  histories,
}: {
  readonly db: Database;
  readonly clock: Clock;
  readonly histories: Pick<Histories, 'get'>;
}): (agentIds: readonly string[]) => Promise<ReadonlyMap<string, Sparklines>> {
  const filled = new WeakSet<HostHistory>();

  async function fill(agentIds: readonly string[], now: number): Promise<void> {
    const starts = blocksBetween(stepSeconds, now - sparkMinutes * 60, now);
    for (const row of await findBlocks(db.read, stepSeconds, starts, agentIds)) {
      const sparkline = histories.get(row.agent_id)?.sparkline;
      const block = readBlock(row.samples);
      for (let step = 0; step < stepsPerBlock; step += 1) {
        const [cpu = 0, , memory = 0, disk = 0] = sampleAt(block, step);
        const values = {
          cpu: unpackValue('cpuPercent', cpu),
          memory: unpackValue('memoryPercent', memory),
          disk: unpackValue('diskPercent', disk),
        };
        if (values.cpu !== null && row.start + step * stepSeconds < now) sparkline?.fill(row.start / 60 + step, values);
      }
    }
  }

  return async (agentIds) => {
    const now = Math.floor(clock.now() / 1000);
    const known = agentIds.flatMap((id) => {
      const history = histories.get(id);
      return history === undefined ? [] : [{ id, history }];
    });
    const empty = known.filter(({ history }) => !filled.has(history));
    for (let from = 0; from < empty.length; from += perStatement)
      await fill(
        empty.slice(from, from + perStatement).map(({ id }) => id),
        now,
      );
    for (const { history } of empty) filled.add(history);
    return new Map(known.map(({ id, history }) => [id, history.sparkline.until(Math.floor(now / 60))]));
  };
}
