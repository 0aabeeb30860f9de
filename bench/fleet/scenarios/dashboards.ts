import { setTimeout as pause } from 'node:timers/promises';
import { percentile } from '../../timing.ts';
import { acknowledgementsOf } from '../acknowledgements.ts';
import { checkEnds } from '../bed/verification.ts';
import { addMemory } from '../consumption.ts';
import { openLivePages } from '../live-pages.ts';
import type { Scenario } from '../scenario.ts';
import { addOnAll, runOnAll } from './all.ts';

const open = 100;
const afterHintsMs = 2500;
const pages = ['/', '/runs', '/tasks', '/agents', '/plugins'] as const;

/** The same as `all`, first without and then with people who watch. */
export const dashboardsScenario: Scenario = {
  name: 'dashboards',
  summary: 'a no-op to every host with 100 live pages open',
  agents: [10_000],
  async run({ agents, settings, measuring, cleanups, startBed, say }) {
    for (const count of agents) {
      const bed = await startBed({ agents: count });
      const label = `${count.toLocaleString('en')} hosts`;
      await runOnAll(bed, settings.work);
      for (let run = 1; run <= settings.runs; run += 1) {
        say(`${label}, nobody watches: run ${run} of ${settings.runs}`);
        addOnAll(measuring, `${label}, nobody watches`, await runOnAll(bed, settings.work), count);
      }
      const paths = Array.from({ length: open }, (_, index) => pages[index % pages.length] as string);
      const live = await openLivePages(bed, paths);
      const close = cleanups.add(() => live.close());
      for (let run = 1; run <= settings.runs; run += 1) {
        say(`${label}, ${open} live pages: run ${run} of ${settings.runs}`);
        live.taken();
        addOnAll(measuring, `${label}, ${open} live pages`, await runOnAll(bed, settings.work), count);
        // the last hints lead to a look within a second
        await pause(afterHintsMs);
        const { times, hints } = live.taken();
        measuring.add(`${open} live pages: hints`, 'for each run', hints);
        measuring.add(`${open} live pages: read anew`, 'pages', times.length);
        if (times.length > 0) measuring.add(`${open} live pages: read anew, p99`, 'ms', percentile(times, 0.99));
      }
      await addMemory(measuring, `${open} live pages, after the runs`, bed);
      await close();
      const acknowledged = await acknowledgementsOf(bed).all();
      checkEnds(await bed.end(), count * (2 * settings.runs + 1), acknowledged);
    }
  },
};
