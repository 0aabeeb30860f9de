import type { Fleet } from '../fleet.ts';
import { type Rate, rateOf } from '../timing.ts';

export type ThroughputOptions = {
  readonly plugin: string;
  readonly seconds: number;
  /** tasks that are posted and not yet final */
  readonly underWay: number;
};

/** Executions per second, each from its own POST to its final row. */
export async function measureThroughput({ poster }: Fleet, { plugin, seconds, underWay }: ThroughputOptions): Promise<Rate> {
  // processes start, code gets hot
  await rateOf(seconds * 250, underWay, () => poster.run(plugin));
  return rateOf(seconds * 1000, underWay, () => poster.run(plugin));
}
