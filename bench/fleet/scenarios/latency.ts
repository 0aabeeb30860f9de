import { setTimeout as pause } from 'node:timers/promises';
import { startFleet } from '../../real-agents.ts';
import { measureLatency } from '../../scenarios/latency.ts';
import { percentile, type Samples, timesOf } from '../../timing.ts';
import { acknowledgementsOf } from '../acknowledgements.ts';
import type { FleetBed } from '../bed/fleet-bed.ts';
import type { PosterOfMany } from '../bed/poster-of-many.ts';
import { checkEnds } from '../bed/verification.ts';
import type { Goal, Measuring } from '../measures.ts';
import { connections, measurePosting, oneByOne } from '../posting.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';

const p50: Goal = { under: 4 };
const p99: Goal = { under: 15 };
const defaultSeconds = 5;
const warmUp = 50;
/** enough to find out how many a second there can be */
const tasksToFindHalf = 4000;
const task = JSON.stringify({ owner: 'Anyone', plugin: 'noop' });

/** From the POST of one task to its final state in the database, with nothing else to do and with half of what the server can do. */
export const latencyScenario: Scenario = {
  name: 'latency',
  summary: 'from the POST to the final state, at idle and at half load',
  agents: [100],
  async run(context) {
    const { agents, settings, measuring, startBed, say } = context;
    const seconds = settings.seconds ?? defaultSeconds;
    for (const count of agents) {
      const bed = await startBed({ agents: count });
      const label = `${count.toLocaleString('en')} agents`;
      const poster = bed.poster(1);
      const others = bed.poster(connections);
      let asked = 0;
      const sample = async (): Promise<Samples> => {
        const times = await timesOf(seconds * 1000, () => runOne(poster));
        asked += times.length;
        return times;
      };
      for (let turn = 0; turn < warmUp; turn += 1) await runOne(poster);
      asked += warmUp;
      for (let run = 1; run <= settings.runs; run += 1) {
        say(`${label}, idle: run ${run} of ${settings.runs}`);
        addTimes(measuring, `${label}, idle`, await sample(), [p50, p99]);
      }
      await measurePosting(bed, oneByOne, tasksToFindHalf, settings.work);
      const { acceptedPerSecond, perSecond } = await measurePosting(bed, oneByOne, tasksToFindHalf, settings.work);
      asked += 2 * tasksToFindHalf;
      const half = Math.min(acceptedPerSecond, perSecond) / 2;
      for (let run = 1; run <= settings.runs; run += 1) {
        say(`${label}, half load of ${Math.round(half)}/s: run ${run} of ${settings.runs}`);
        const background = await startPace(others, half);
        const times = await sample();
        asked += await background.stop();
        addTimes(measuring, `${label}, half load`, times);
        measuring.add(`${label}, half load: the load beside it`, 'executions/s', background.posted() / seconds);
      }
      await settled(bed, asked);
      const acknowledged = await acknowledgementsOf(bed).all();
      checkEnds(await bed.end(), asked, acknowledged);
    }
    await withRealAgent(context, seconds);
  },
};

async function runOne(poster: PosterOfMany): Promise<void> {
  const { run } = JSON.parse(await poster.post('/api/v1/tasks?wait=30', task)) as { run: { state: string } };
  if (run.state !== 'succeeded') throw new Error(`A run ended ${run.state}.`);
}

function addTimes(measuring: Measuring, label: string, times: Samples, [goal50, goal99]: readonly Goal[] = []): void {
  measuring.add(`${label}, p50`, 'ms', percentile(times, 0.5), goal50);
  measuring.add(`${label}, p99`, 'ms', percentile(times, 0.99), goal99);
  measuring.add(`${label}, most`, 'ms', percentile(times, 1));
}

type Pace = { posted(): number /** @returns how many it posted, once all were accepted */; stop(): Promise<number> };

const ticksPerSecond = 100;

/** Posts so many a second, evenly, whatever becomes of those before; settles when it is on its way. */
async function startPace(poster: PosterOfMany, perSecond: number): Promise<Pace> {
  const startedAt = performance.now();
  const underWay = new Set<Promise<unknown>>();
  let posted = 0;
  let failed: unknown;
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1000) * perSecond;
    for (; posted < due; posted += 1) {
      const one: Promise<unknown> = poster.post('/api/v1/tasks', task).catch((error: unknown) => {
        failed ??= error;
      });
      underWay.add(one);
      void one.then(() => underWay.delete(one));
    }
  }, 1000 / ticksPerSecond);
  await pause(500);
  return {
    posted: () => posted,
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      if (failed !== undefined) throw failed;
      return posted;
    },
  };
}

/** What was posted beside has ended too. */
async function settled({ load }: FleetBed, asked: number): Promise<void> {
  const end = performance.now() + 60_000;
  while (performance.now() < end) {
    if (((await load.report()).acknowledged.succeeded ?? 0) >= asked) return;
    await pause(100);
  }
  throw new Error(`Not all of ${asked} executions ended in a minute.`);
}

/** The same at idle with an agent that has a disk and a process: its journal is synced before the work begins. */
async function withRealAgent({ settings, measuring, cleanups, say }: ScenarioContext, seconds: number): Promise<void> {
  const fleet = await startFleet(cleanups);
  await fleet.addAgents(1, settings.slots);
  await pause(1000);
  for (let run = 1; run <= settings.runs; run += 1) {
    say(`a real agent: run ${run} of ${settings.runs}`);
    addTimes(measuring, 'a real agent, without TLS, idle', await measureLatency(fleet, seconds), [p50, p99]);
  }
  const seen = fleet.poster.succeeded();
  const { succeeded } = await fleet.end();
  if (succeeded !== seen) throw new Error(`${seen} executions were answered as succeeded, the database holds ${succeeded}.`);
}
