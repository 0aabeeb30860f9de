import { setTimeout as pause } from 'node:timers/promises';
import type { Run } from '../../../shared/api/runs.ts';
import { percentile } from '../../timing.ts';
import { acknowledgementsOf } from '../acknowledgements.ts';
import { preciseNow } from '../agents/tally.ts';
import { isNothing, type Work } from '../agents/work.ts';
import type { FleetBed } from '../bed/fleet-bed.ts';
import { checkEnds } from '../bed/verification.ts';
import { addConsumption, addMemory, addMemoryOfAgents, type Consumption, consumed } from '../consumption.ts';
import type { Goal, Measuring } from '../measures.ts';
import type { Scenario } from '../scenario.ts';

/** One task for every host: from its POST to the last result that is durable. */
export const allScenario: Scenario = {
  name: 'all',
  summary: 'a no-op to every host: first, median and last durable result',
  agents: [1000, 10_000],
  async run({ agents, settings, measuring, startBed, say }) {
    for (const count of agents) {
      const bed = await startBed({ agents: count });
      const label = `${count.toLocaleString('en')} hosts`;
      await pause(settleMs);
      await addMemory(measuring, `${label}, before the runs`, bed);
      await addMemoryOfAgents(measuring, label, bed);
      // code gets hot, and so do pages of the database
      await runOnAll(bed, settings.work);
      for (let run = 1; run <= settings.runs; run += 1) {
        say(`${label}: run ${run} of ${settings.runs}`);
        addOnAll(measuring, label, await runOnAll(bed, settings.work), count);
      }
      await addMemory(measuring, `${label}, after the runs`, bed);
      const acknowledged = await acknowledgementsOf(bed).all();
      checkEnds(await bed.end(), count * (settings.runs + 1), acknowledged);
    }
  },
};

/** ms since the POST */
export type OnAll = {
  readonly first: number;
  readonly median: number;
  readonly last: number;
  /** the POST is answered: its rows are committed, none has run */
  readonly accepted: number;
  /** a client that waits for the end of the run has heard of it */
  readonly told: number;
  readonly took: Consumption;
};

const patienceSeconds = 60;
/** until what connecting needed is given back */
const settleMs = 3000;

export async function runOnAll(bed: FleetBed, work: Work): Promise<OnAll> {
  const acknowledgements = acknowledgementsOf(bed);
  await acknowledgements.begin();
  const call = isNothing(work) ? { plugin: 'noop' } : { plugin: 'work', args: work };
  const { result, took } = await consumed(bed, async () => {
    const postedAt = preciseNow();
    const { run } = await bed.api.createTask({ owner: 'ALL', ...call, expiresAfter: '1h' });
    const accepted = preciseNow() - postedAt;
    const final = await bed.api.finalRun((run as Run).id, patienceSeconds);
    const told = preciseNow() - postedAt;
    if (final.total !== bed.agents) throw new Error(`The run reached ${final.total} of ${bed.agents} hosts.`);
    const times = (await acknowledgements.take(bed.agents, patienceSeconds)).map((at) => at - postedAt);
    return { accepted, told, first: times[0] ?? Number.NaN, median: percentile(times, 0.5), last: times.at(-1) ?? Number.NaN };
  });
  return { ...result, took };
}

export function addOnAll(measuring: Measuring, label: string, { took, ...times }: OnAll, hosts: number, goal?: Goal): void {
  measuring.add(`${label}: POST answered`, 'ms', times.accepted);
  measuring.add(`${label}: first durable result`, 'ms', times.first);
  measuring.add(`${label}: median durable result`, 'ms', times.median);
  measuring.add(`${label}: last durable result`, 'ms', times.last, goal ?? (hosts === 10_000 ? { under: 2000 } : undefined));
  measuring.add(`${label}: the client has heard of the end`, 'ms', times.told);
  addConsumption(measuring, label, took, hosts);
}
