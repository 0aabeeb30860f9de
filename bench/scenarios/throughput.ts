import type { Fleet } from '../real-agents.ts';
import { type Rate, rateOf } from '../timing.ts';

export type ThroughputOptions = {
  readonly plugin: string;
  readonly seconds: number;
  /** tasks that are posted and not yet final */
  readonly underWay: number;
};

export type Throughput = Rate & {
  /** processor time that the server took for each */
  readonly serverMsEach: number;
};

/** Executions per second, each from its own POST to its final row. */
export async function measureThroughput(fleet: Fleet, { plugin, seconds, underWay }: ThroughputOptions): Promise<Throughput> {
  const { poster } = fleet;
  // every slot starts its process and code gets hot
  await Promise.all(Array.from({ length: 2 * underWay }, () => poster.run(plugin)));
  await rateOf(seconds * 100, underWay, () => poster.run(plugin));
  const before = await fleet.serverCpuSeconds();
  const rate = await rateOf(seconds * 1000, underWay, () => poster.run(plugin));
  return { ...rate, serverMsEach: (((await fleet.serverCpuSeconds()) - before) * 1000) / rate.count };
}
