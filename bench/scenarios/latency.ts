import type { Fleet } from '../real-agents.ts';
import { type Samples, timesOf } from '../timing.ts';

/** One task at a time on an idle fleet: from the POST to the answer that its run is final, as the client sees it. */
export async function measureLatency({ poster }: Fleet, seconds: number): Promise<Samples> {
  for (let warmUp = 0; warmUp < 30; warmUp += 1) await poster.run('noop');
  return timesOf(seconds * 1000, () => poster.run('noop'));
}
