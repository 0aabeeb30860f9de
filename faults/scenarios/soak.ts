import { setTimeout as pause } from 'node:timers/promises';
import type { Census } from '../child-messages.ts';
import { startFleet } from '../fleet.ts';
import { createRandom } from '../random.ts';
import type { Seat } from '../seat.ts';
import type { ScenarioOptions, ScenarioOutcome } from './scenario.ts';

const sampleEveryMs = 30_000;
const tasksPerSecond = 8;
/** Resident memory at the end may differ by this share from that of minute 5. */
const tolerance = 0.1;

type Sample = { readonly at: number; readonly census: Readonly<Record<string, Census>> };

/** A steady load of node and bash tasks without faults: memory, open files and timers of server and agent must stay as they are. */
export async function runSoak({ minutes, keep, say, signal }: ScenarioOptions): Promise<ScenarioOutcome> {
  const fleet = await startFleet({ agents: ['host-1'], random: createRandom(1), broken: [] });
  let ok = false;
  try {
    const seats = [fleet.server, ...fleet.agents.map(({ seat }) => seat)];
    const startedAt = performance.now();
    const end = startedAt + minutes * 60_000;
    const samples: Sample[] = [];
    let posted = 0;
    const sampling = (async () => {
      while (performance.now() < end && !signal.aborted) {
        await pause(Math.min(sampleEveryMs, Math.max(1, end - performance.now())), undefined, { signal }).catch(() => {});
        samples.push({ at: performance.now() - startedAt, census: await censusOf(seats) });
        say(lineOf(samples.at(-1) as Sample));
      }
    })();
    while (performance.now() < end && !signal.aborted) {
      posted += 1;
      await fleet.api.createTask({
        owner: 'Anyone',
        plugin: posted % 4 === 0 ? 'bash-work' : 'node-work',
        env: { WORK_DIR: fleet.workDir, WORK_MODE: 'ok', WORK_LINES: '5', WORK_MS: '20' },
      });
      await pause(Math.max(0, startedAt + (posted * 1000) / tasksPerSecond - performance.now()));
    }
    await sampling;
    const last = samples.at(-1);
    // of a shorter soak: what stands for minute 5 is its first quarter
    const from = samples.find(({ at }) => at >= Math.min(300_000, minutes * 15_000)) ?? last;
    if (from === undefined || last === undefined) return { ok: false, rows: [['samples', 'none']] };
    const rows: (readonly [string, string])[] = [['tasks', String(posted)]];
    ok = true;
    for (const { name } of seats) {
      const [a, b] = [from.census[name], last.census[name]];
      if (a === undefined || b === undefined) continue;
      const change = b.rssBytes / a.rssBytes - 1;
      ok &&= Math.abs(change) <= tolerance;
      rows.push([`${name}: resident memory`, `${mb(a.rssBytes)} to ${mb(b.rssBytes)} (${(change * 100).toFixed(1)} %)`]);
      rows.push([`${name}: open files`, `${a.openFiles} to ${b.openFiles}`]);
      rows.push([`${name}: timers`, `${a.timers} to ${b.timers}`]);
    }
    return { ok, rows };
  } finally {
    await fleet.close();
    if (!keep) await fleet.remove();
  }
}

async function censusOf(seats: readonly Seat[]): Promise<Record<string, Census>> {
  const all: Record<string, Census> = {};
  for (const seat of seats) {
    const census = await seat.census();
    if (census !== undefined) all[seat.name] = census;
  }
  return all;
}

const mb = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MB`;

const lineOf = ({ at, census }: Sample): string =>
  `${(at / 60_000).toFixed(1)} min  ${Object.entries(census)
    .map(([name, one]) => `${name} ${mb(one.rssBytes)}, ${one.openFiles} files, ${one.timers} timers`)
    .join('  ')}`;
