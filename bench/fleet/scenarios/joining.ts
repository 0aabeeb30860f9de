import { setTimeout as pause } from 'node:timers/promises';
import type { Run } from '../../../shared/api/runs.ts';
import { percentile } from '../../timing.ts';
import { acknowledgementsOf } from '../acknowledgements.ts';
import { preciseNow } from '../agents/tally.ts';
import type { FleetBed } from '../bed/fleet-bed.ts';
import { checkEnds } from '../bed/verification.ts';
import { addMemory } from '../consumption.ts';
import type { Measuring } from '../measures.ts';
import type { Scenario } from '../scenario.ts';

const patienceSeconds = 120;
const onlineUnderSeconds = 20;
const enrolled = 500;
/** An agent that was connected for so long trusts the server to come back soon. */
const stableMs = 11_000;

/** The server goes away and comes back, and with it the whole fleet, which finds work waiting. */
export const joiningScenario: Scenario = {
  name: 'joining',
  summary: 'the whole fleet comes back after a restart of the server, in order and after kill -9; enrolling',
  agents: [10_000],
  async run({ agents, settings, measuring, startBed, say }) {
    for (const count of agents) {
      const bed = await startBed({ agents: count });
      const label = `${count.toLocaleString('en')} agents`;
      let asked = 0;
      for (let run = 1; run <= settings.runs; run += 1) {
        for (const how of ['stop', 'kill'] as const) {
          say(`${label}, ${how}: run ${run} of ${settings.runs}`);
          await pause(stableMs);
          await comeBack(bed, how, `${label}, ${how === 'stop' ? 'restart' : 'kill -9'}`, measuring);
          asked += count;
        }
      }
      await addMemory(measuring, `${label}, after the last restart`, bed);
      say('enrolling');
      for (let run = 1; run <= settings.runs; run += 1) await enrol(bed, run, measuring);
      const acknowledged = await acknowledgementsOf(bed).all();
      checkEnds(await bed.end(), asked, acknowledged);
    }
  },
};

/** Times count from the moment at which the server listens again. */
async function comeBack(bed: FleetBed, how: 'stop' | 'kill', label: string, measuring: Measuring): Promise<void> {
  const acknowledgements = acknowledgementsOf(bed);
  await acknowledgements.begin();
  const stoppedAt = preciseNow();
  await bed.restartServer(how);
  const listeningAt = preciseNow();
  measuring.add(`${label}: the server is away`, 's', (listeningAt - stoppedAt) / 1000);
  // for all, whether they are back or not: it waits for those who are not
  const { run } = await bed.api.createTask({ owner: 'ALL', plugin: 'noop', expiresAfter: '1h' });
  await bed.allOnline(patienceSeconds);
  const onlineAt = preciseNow();
  const { cpuSeconds } = await bed.usage();
  measuring.add(`${label}: all are Online`, 's', (onlineAt - listeningAt) / 1000, { under: onlineUnderSeconds });
  measuring.add(`${label}: processor time of the server until then`, 's', cpuSeconds);
  const final = await bed.api.finalRun((run as Run).id, patienceSeconds);
  if (final.counts.succeeded !== bed.agents) throw new Error(`The run of all ended as ${JSON.stringify(final.counts)}.`);
  const times = await acknowledgements.take(bed.agents, patienceSeconds);
  const since = (at: number | undefined): number => ((at ?? Number.NaN) - listeningAt) / 1000;
  measuring.add(`${label}: half of them did what waited`, 's', since(percentile(times, 0.5)));
  measuring.add(`${label}: all of them did`, 's', since(times.at(-1)));
}

/** New agents that spend a join token, by the agent's own code: key, request, check of the answer. */
async function enrol(bed: FleetBed, run: number, measuring: Measuring): Promise<void> {
  const { token } = await bed.api.post<{ token: string }>('/api/v1/join-tokens', { maxUses: 2 * enrolled });
  const startedAt = performance.now();
  const times = await bed.load.enrol({ joinToken: token, count: enrolled, prefix: `new-${run}` });
  const lasted = (performance.now() - startedAt) / 1000;
  measuring.add('enrolment', 'agents/s', times.length / lasted);
  measuring.add('enrolment, p99', 'ms', percentile(times, 0.99));
}
