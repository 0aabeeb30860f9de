import { measurePage } from '../../pages/measure-page.ts';
import { signedInCookie } from '../../pages/signed-in.ts';
import { findSubjects } from '../../pages/subjects.ts';
import { acknowledgementsOf } from '../acknowledgements.ts';
import type { FleetBed } from '../bed/fleet-bed.ts';
import { checkEnds } from '../bed/verification.ts';
import { addMemory } from '../consumption.ts';
import { type Measuring, medianOf } from '../measures.ts';
import { inBatches, measurePosting, oneByOne } from '../posting.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { runOnAll } from './all.ts';

const pageUnderMs = 100;
/** by how much it may be slower than with an empty ledger */
const slower = 1.15;
const timesPerPage = 10;
const shareOneByOne = 0.25;

/** Does what is new cost more when much lies in the ledger already? */
export const historyScenario: Scenario = {
  name: 'history',
  summary: 'fan-out, throughput and every page, with 0, 1 and 10 million executions in the ledger',
  agents: [1000],
  async run(context) {
    for (const agents of context.agents) {
      let empty: Costs | undefined;
      for (const history of context.settings.history) {
        const costs = await measureWith(context, agents, history);
        if (empty === undefined) empty = costs;
        else addRatios(context.measuring, labelOf(history), costs, empty);
      }
    }
  },
};

/** By what was done: larger is worse. */
type Costs = ReadonlyMap<string, number>;

const labelOf = (history: number): string => `${history.toLocaleString('en')} executions`;

async function measureWith(context: ScenarioContext, agents: number, history: number): Promise<Costs> {
  const { settings, measuring, startBed, say } = context;
  const { runs, work } = settings;
  const label = labelOf(history);
  const bed = await startBed({ agents, history });
  const gathered = new Map<string, number[]>();
  const keep = (what: string, cost: number): void => void gathered.set(what, [...(gathered.get(what) ?? []), cost]);
  let asked = 0;

  await runOnAll(bed, work);
  asked += agents;
  for (let run = 1; run <= runs; run += 1) {
    say(`${label}, all hosts: run ${run} of ${runs}`);
    const { last, took } = await runOnAll(bed, work);
    asked += agents;
    measuring.add(`${label}: ${agents.toLocaleString('en')} hosts, last durable result`, 'ms', last);
    keep('last durable result of all hosts', last);
    keep('the server for an execution of all hosts', took.serverSeconds / agents);
  }
  for (const [posting, share] of [
    [inBatches, 1],
    [oneByOne, shareOneByOne],
  ] as const) {
    const tasks = Math.max(1, Math.round(settings.tasks * share));
    await measurePosting(bed, posting, Math.ceil(tasks / 5), work);
    asked += Math.ceil(tasks / 5);
    for (let run = 1; run <= runs; run += 1) {
      say(`${label}, ${posting.name}: run ${run} of ${runs}`);
      const { perSecond, took } = await measurePosting(bed, posting, tasks, work);
      asked += tasks;
      measuring.add(`${label}: ${posting.name}`, 'executions/s', perSecond);
      keep(`time for an execution, ${posting.name}`, 1 / perSecond);
      keep(`the server for an execution, ${posting.name}`, took.serverSeconds / tasks);
    }
  }
  await addPages(measuring, label, bed, say);
  await addMemory(measuring, `${label}, after the runs`, bed);
  measuring.add(`${label}: size of the database`, 'MiB', (await bed.usage()).databaseBytes / 1024 ** 2);
  const acknowledged = await acknowledgementsOf(bed).all();
  checkEnds(await bed.end(), asked, acknowledged);
  return new Map([...gathered].map(([what, costs]) => [what, medianOf(costs)]));
}

/** The median of each page; the spread is that over the pages. */
async function addPages(measuring: Measuring, label: string, bed: FleetBed, say: (line: string) => void): Promise<void> {
  say(`${label}: pages`);
  const { url, signInUrl } = bed.server();
  const cookie = await signedInCookie(signInUrl);
  let slowest = { name: '', median: 0 };
  for (const { name, path } of findSubjects(bed.dataDir)) {
    // an empty ledger has nothing that failed
    if (path.includes('undefined')) continue;
    const page = await measurePage({ origin: url, cookie, name, path, times: timesPerPage });
    if (page.status !== 200) throw new Error(`The page ${path} answered ${page.status}.`);
    measuring.add(`${label}: first byte of the pages`, 'ms', page.median);
    if (page.median > slowest.median) slowest = page;
  }
  measuring.add(`${label}: first byte of the slowest page, ${slowest.name}`, 'ms', slowest.median, { under: pageUnderMs });
}

function addRatios(measuring: Measuring, label: string, costs: Costs, empty: Costs): void {
  for (const [what, cost] of costs)
    measuring.add(`${label} against none: ${what}`, '×', cost / (empty.get(what) ?? Number.NaN), { under: slower });
}
