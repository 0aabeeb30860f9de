import { setTimeout as pause } from 'node:timers/promises';
import { startFleet } from '../../real-agents.ts';
import { measureThroughput } from '../../scenarios/throughput.ts';
import type { ScenarioContext } from '../scenario.ts';

const seconds = 3;
const slots = 10;

/** Executions that start a process each, by a real agent with its journal on disk, beside the bare start of such a process. */
export async function measureBash({ settings, measuring, floors, cleanups, say }: ScenarioContext, share: number): Promise<void> {
  say('a real agent: bash');
  const fleet = await startFleet(cleanups);
  await fleet.addAgents(1, slots);
  await pause(1000);
  for (let run = 1; run <= settings.runs; run += 1) {
    const { perSecond } = await measureThroughput(fleet, { plugin: 'true', seconds, underWay: slots });
    measuring.add('bash executions, a real agent', 'executions/s', perSecond);
    measuring.add('bash executions in bare spawns', '× spawn', perSecond / floors.spawn.perSecond, { atLeast: share });
  }
  const seen = fleet.poster.succeeded();
  const { succeeded } = await fleet.end();
  if (succeeded !== seen) throw new Error(`${seen} bash executions were answered as succeeded, the database holds ${succeeded}.`);
}
