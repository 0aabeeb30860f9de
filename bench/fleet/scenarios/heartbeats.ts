import { setTimeout as pause } from 'node:timers/promises';
import { acknowledgementsOf } from '../acknowledgements.ts';
import { checkEnds } from '../bed/verification.ts';
import { addMemory, addMemoryOfAgents, consumed } from '../consumption.ts';
import type { Scenario } from '../scenario.ts';

const heartbeatSeconds = 10;
const shareOfCore = 25;
const defaultSeconds = 20;
/** until what connecting needed is given back, and every agent is in its rhythm */
const settleMs = 15_000;
/** A beat that falls on the edge of a window is counted on one side of it. */
const leastShareHeard = 0.95;

/** A fleet that does nothing but live. */
export const heartbeatsScenario: Scenario = {
  name: 'heartbeats',
  summary: 'a fleet that does nothing: heartbeats with metrics every 10 s, as a share of one core, and memory',
  agents: [10_000],
  async run({ agents, settings, measuring, startBed, say }) {
    const seconds = settings.seconds ?? defaultSeconds;
    for (const count of agents) {
      const bed = await startBed({ agents: count, heartbeatSeconds });
      const label = `${count.toLocaleString('en')} agents`;
      await pause(settleMs);
      for (let run = 1; run <= settings.runs; run += 1) {
        say(`${label}: run ${run} of ${settings.runs}`);
        const startedAt = performance.now();
        const before = (await bed.load.report()).heartbeats;
        const { took } = await consumed(bed, () => pause(seconds * 1000));
        const beats = (await bed.load.report()).heartbeats - before;
        const lasted = (performance.now() - startedAt) / 1000;
        if (beats < leastShareHeard * (count / heartbeatSeconds) * Math.floor(seconds / heartbeatSeconds) * heartbeatSeconds)
          throw new Error(`Only ${beats} heartbeats of ${count} agents were sent in ${Math.round(lasted)} s.`);
        measuring.add(`${label}: heartbeats`, '/s', beats / lasted);
        measuring.add(`${label}: the server`, '% of a core', (took.serverSeconds / lasted) * 100, { under: shareOfCore });
        measuring.add(`${label}: the server for each heartbeat`, 'µs', (took.serverSeconds / beats) * 1e6);
        measuring.add(`${label}: the agents`, '% of a core', (took.loadSeconds / lasted) * 100);
        await addMemory(measuring, label, bed);
        await addMemoryOfAgents(measuring, label, bed);
      }
      await bed.allOnline(5);
      checkEnds(
        await bed.end(),
        0,
        await acknowledgementsOf(bed)
          .all()
          .catch(() => ({})),
      );
    }
  },
};
