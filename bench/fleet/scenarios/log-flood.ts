import type { Run } from '../../../shared/api/runs.ts';
import { percentile } from '../../timing.ts';
import { acknowledgementsOf } from '../acknowledgements.ts';
import { startHealthWatch } from '../bed/health-watch.ts';
import { checkStoredOutput } from '../bed/stored-output.ts';
import { checkEnds } from '../bed/verification.ts';
import { addMemory, consumed } from '../consumption.ts';
import { firstExecutions, follow } from '../follower.ts';
import type { Scenario } from '../scenario.ts';

const bytesPerSecond = 1_000_000;
const defaultSeconds = 5;
const followers = 20;
const patienceSeconds = 300;
const healthUnderMs = 50;
const MB = 1e6;

/** Many hosts that print without a pause, and people who look on. Programs wait when the server is behind; nothing is cut, nothing is lost. */
export const logFloodScenario: Scenario = {
  name: 'log-flood',
  summary: 'hosts that print 1 MB/s each, with followers: how much is durable, and how the server answers meanwhile',
  agents: [200],
  async run({ agents, settings, measuring, cleanups, startBed, say, note }) {
    const logBytes = (settings.seconds ?? defaultSeconds) * bytesPerSecond;
    for (const count of agents) {
      const beganAt = Date.now();
      let stored = 0;
      const inspect = (dataDir: string): void => {
        stored = checkStoredOutput(dataDir, beganAt, logBytes);
      };
      const bed = await startBed({ agents: count, inspect });
      const label = `${count} hosts`;
      const health = startHealthWatch(bed.server().url, bed.certificateFile, cleanups);
      const reader = bed.poster(followers);
      for (let run = 1; run <= settings.runs; run += 1) {
        say(`${label}: run ${run} of ${settings.runs}, ${(count * logBytes) / MB} MB`);
        await health.times();
        const startedAt = performance.now();
        const { took } = await consumed(bed, async () => {
          const args = { logBytes, logBytesPerSecond: bytesPerSecond };
          const created = await bed.api.createTask({ owner: 'ALL', plugin: 'work', args, outputLimitBytes: 4 * logBytes });
          const { id } = created.run as Run;
          const read = (await firstExecutions(bed, id, followers)).map((execution) => follow(reader, execution));
          const final = await bed.api.finalRun(id, patienceSeconds);
          if (final.counts.succeeded !== count) throw new Error(`The run ended as ${JSON.stringify(final.counts)}.`);
          for (const bytes of await Promise.all(read))
            if (bytes !== logBytes) throw new Error(`A follower read ${bytes} of ${logBytes} bytes.`);
        });
        const seconds = (performance.now() - startedAt) / 1000;
        const times = await health.times();
        measuring.add(`${label}: output that is durable`, 'MB/s', (count * logBytes) / MB / seconds);
        measuring.add(`${label}: /healthz, p50`, 'ms', percentile(times, 0.5));
        measuring.add(`${label}: /healthz, p99`, 'ms', percentile(times, 0.99), { under: healthUnderMs });
        measuring.add(`${label}: processor time of the server`, 's/GB', (took.serverSeconds / (count * logBytes)) * 1e9);
        measuring.add(`${label}: of the agents`, 's/GB', (took.loadSeconds / (count * logBytes)) * 1e9);
        await addMemory(measuring, label, bed);
      }
      await health.end();
      const acknowledged = await acknowledgementsOf(bed).all();
      checkEnds(await bed.end(), count * settings.runs, acknowledged);
      if (stored !== count * settings.runs * logBytes) throw new Error(`${stored} bytes of output are in the database.`);
      note(
        `All ${Math.round(stored / MB).toLocaleString('en')} MB were read back from the database, byte by byte, and ${followers} followers read theirs.`,
      );
    }
  },
};
