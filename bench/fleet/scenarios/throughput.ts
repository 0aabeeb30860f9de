import { acknowledgementsOf } from '../acknowledgements.ts';
import { checkEnds } from '../bed/verification.ts';
import { addConsumption, addMemory } from '../consumption.ts';
import { medianOf } from '../measures.ts';
import { inBatches, measurePosting, oneByOne, type Throughput } from '../posting.ts';
import { measureBash } from '../real/bash-executions.ts';
import { measureBullmq } from '../rivals/bullmq.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';

/** Goals of the issue: one by one over keep-alive HTTP, and the server's time for an execution in floors. */
const oneByOnePerSecond = 2500;
const floorsTogether = 6;
const shareOfSpawn = 0.7;
/** fewer, because they are dearer: all the measurements shall take about as long */
const shareOneByOne = 0.5;

/** Work for anyone, as fast as it goes, and beside it what a queue does that many would take instead. */
export const throughputScenario: Scenario = {
  name: 'throughput',
  summary: 'tasks for anyone, one by one and in batches, with few and many agents; beside BullMQ on Redis',
  agents: [1, 20, 1000],
  async run(context) {
    const { agents, settings, measuring } = context;
    const best: number[] = [];
    const rival = settings.rivals ? await measureBullmq(context) : undefined;
    if (rival !== undefined)
      for (const perSecond of rival) measuring.add('BullMQ on Redis, nothing durable', 'jobs/s', perSecond);
    const goal = rival === undefined ? undefined : { atLeast: medianOf(rival) };
    for (const count of agents) best.push(await measureWith(count, context, goal));
    await measureBash(context, shareOfSpawn);
    context.note(`The best of the batch route is ${Math.round(Math.max(...best)).toLocaleString('en')} executions a second.`);
  },
};

/** @returns the median of the batch route */
async function measureWith(
  count: number,
  { settings, measuring, floors, startBed, say }: ScenarioContext,
  goal: { atLeast: number } | undefined,
): Promise<number> {
  const bed = await startBed({ agents: count });
  const label = `${count.toLocaleString('en')} ${count === 1 ? 'agent' : 'agents'}`;
  const rates: number[] = [];
  let asked = 0;
  for (const [posting, share] of [
    [inBatches, 1],
    [oneByOne, shareOneByOne],
  ] as const) {
    const tasks = Math.max(1, Math.round(settings.tasks * share));
    const measure = async (amount: number): Promise<Throughput> => {
      asked += amount;
      return measurePosting(bed, posting, amount, settings.work);
    };
    // code gets hot
    await measure(Math.ceil(tasks / 5));
    for (let run = 1; run <= settings.runs; run += 1) {
      say(`${label}, ${posting.name}: run ${run} of ${settings.runs}`);
      const { perSecond, acceptedPerSecond, took } = await measure(tasks);
      const name = `${label}, ${posting.name}`;
      measuring.add(name, 'executions/s', perSecond, posting === oneByOne ? { atLeast: oneByOnePerSecond } : goal);
      measuring.add(`${name}: accepted`, 'tasks/s', acceptedPerSecond);
      addConsumption(measuring, name, took, tasks);
      const floorSeconds = 1 / floors.echo.perSecond + 1 / floors.insert.perSecond;
      const inFloors = took.serverSeconds / tasks / floorSeconds;
      measuring.add(`${name}: the server's time in floors`, '× (echo + insert)', inFloors, { under: floorsTogether });
      if (posting === inBatches) rates.push(perSecond);
    }
  }
  await addMemory(measuring, `${label}, after the runs`, bed);
  const acknowledged = await acknowledgementsOf(bed).all();
  checkEnds(await bed.end(), asked, acknowledged);
  return medianOf(rates);
}
