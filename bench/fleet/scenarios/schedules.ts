import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import SqliteDatabase from 'better-sqlite3';
import { maxTasksPerBatch } from '../../../shared/api/task-batch.ts';
import { percentile } from '../../timing.ts';
import { acknowledgementsOf } from '../acknowledgements.ts';
import { addConsumption, addMemory, consumed } from '../consumption.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';

const tasks = 10_000;
const everySeconds = 60;
/** the first firings come when all tasks are there */
const beginsAfterMs = 20_000;
const lateUnderMs = 1000;

/** Ten thousand tasks that fire every minute, spread over it: does each fire when it is due? */
export const schedulesScenario: Scenario = {
  name: 'schedules',
  summary: 'ten thousand Interval tasks: how late each firing is, and that none is left out',
  agents: [1000],
  async run(context) {
    const { agents, settings, measuring, startBed, say } = context;
    for (const count of agents) {
      let firings: readonly Firing[] = [];
      const bed = await startBed({
        agents: count,
        inspect: (dataDir) => {
          firings = firingsIn(dataDir);
        },
      });
      const poster = bed.poster(2);
      const label = `${tasks.toLocaleString('en')} tasks every ${everySeconds} s`;
      const beginsAt = Date.now() + beginsAfterMs;
      for (let from = 0; from < tasks; from += maxTasksPerBatch)
        await poster.post('/api/v1/tasks/batch', batchOf(from, beginsAt));
      await pause(Math.max(0, beginsAt - Date.now()));
      for (let run = 1; run <= settings.runs; run += 1) {
        say(`${label}: minute ${run} of ${settings.runs}`);
        const { took } = await consumed(bed, () => pause(beginsAt + run * everySeconds * 1000 - Date.now()));
        addConsumption(measuring, label, took, tasks);
        measuring.add(`${label}: the server`, '% of a core', (took.serverSeconds / everySeconds) * 100);
      }
      const endedAt = beginsAt + settings.runs * everySeconds * 1000;
      // the last ones are fired and done
      await pause(3000);
      await addMemory(measuring, label, bed);
      const acknowledged = await acknowledgementsOf(bed).all();
      const ends = await bed.end();
      addLateness(context, label, firings, beginsAt, endedAt);
      if (ends.byState.succeeded === undefined || ends.byState.succeeded < settings.runs * tasks)
        throw new Error(
          `The database holds ${JSON.stringify(ends.byState)}; the agents heard of ${JSON.stringify(acknowledged)}.`,
        );
    }
  },
};

function batchOf(from: number, beginsAt: number): string {
  const spreadMs = (everySeconds * 1000) / tasks;
  return JSON.stringify({
    tasks: Array.from({ length: maxTasksPerBatch }, (_, index) => ({
      name: `every minute ${from + index}`,
      owner: 'Anyone',
      plugin: 'noop',
      type: 'Interval',
      everySeconds,
      startsAt: new Date(Math.round(beginsAt + (from + index) * spreadMs)).toISOString(),
    })),
  });
}

type Firing = { readonly due: number; readonly made: number; readonly ended: number | null; readonly state: string };

function firingsIn(dataDir: string): Firing[] {
  const database = new SqliteDatabase(join(dataDir, 'muster.db'), { readonly: true });
  try {
    return database
      .prepare<[], Firing>(
        "SELECT fired_at AS due, created_at AS made, finished_at AS ended, state FROM runs WHERE trigger = 'interval' ORDER BY fired_at",
      )
      .all();
  } finally {
    database.close();
  }
}

/** @throws when a firing is missing or there twice */
function addLateness(
  { measuring, settings }: ScenarioContext,
  label: string,
  firings: readonly Firing[],
  beginsAt: number,
  endedAt: number,
): void {
  const inTime = firings.filter(({ due }) => due >= beginsAt && due < endedAt);
  if (inTime.length !== settings.runs * tasks)
    throw new Error(`${settings.runs * tasks} firings were due, and ${inTime.length} are in the database.`);
  for (let run = 0; run < settings.runs; run += 1) {
    const from = beginsAt + run * everySeconds * 1000;
    const ofRun = inTime.filter(({ due }) => due >= from && due < from + everySeconds * 1000);
    const late = ofRun.map(({ due, made }) => made - due);
    const done = ofRun.map(({ due, ended }) => (ended ?? Number.POSITIVE_INFINITY) - due);
    measuring.add(`${label}: late, p50`, 'ms', percentile(late, 0.5));
    measuring.add(`${label}: late, p99`, 'ms', percentile(late, 0.99));
    measuring.add(`${label}: late, most`, 'ms', Math.max(...late), { under: lateUnderMs });
    measuring.add(`${label}: done after it was due, p99`, 'ms', percentile(done, 0.99));
  }
}
