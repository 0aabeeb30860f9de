/**
 * `npm run bench -- run-page [--hosts 10000] [--changes 500] [--opens 5] [--json]`: opens the page of a run on so many hosts in Chromium
 * while they end at that rate, each time with nothing in its cache: what a person waits for, and whether the page stays smooth. Server,
 * hosts and browser share the machine. About two minutes.
 */
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import type { Run } from '../../shared/api/runs.ts';
import { browserFlags, browserPath } from '../../tests/support/browser.ts';
import { eventually } from '../../tests/support/eventually.ts';
import { startSystem } from '../../tests/support/system.ts';
import { createCleanups } from '../cleanups.ts';
import { machineLine } from '../machine.ts';
import { signedInCookie } from '../pages/signed-in.ts';
import { openingsTable } from './openings-table.ts';
import { connectHosts } from './simulated-hosts.ts';
import { type PageWatched, watchPage } from './watch-page.ts';

const watchedSeconds = 5;
const batchesPerSecond = 20;
const settings = {
  MUSTER_LOG_LEVEL: 'warn',
  MUSTER_HEARTBEAT_SECONDS: '300',
  MUSTER_IDLE_AFTER_SECONDS: '3600',
  MUSTER_OFFLINE_AFTER_SECONDS: '7200',
};

export async function runPageCommand(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      hosts: { type: 'string', default: '10000' },
      changes: { type: 'string', default: '500' },
      opens: { type: 'string', default: '5' },
      json: { type: 'boolean' },
    },
  });
  const { hosts, changes, opens } = { hosts: Number(values.hosts), changes: Number(values.changes), opens: Number(values.opens) };
  if (browserPath === undefined) throw new Error('There is no Chromium on this machine: install it and try again.');
  const cleanups = createCleanups();
  try {
    const system = await startSystem({ plugins: { 'noop.sh': 'true\n' }, settings });
    cleanups.add(() => system.dispose());
    const { url, signInUrl } = system.server();
    const cookie = await signedInCookie(signInUrl);
    process.stderr.write(`${hosts} hosts join\n`);
    const fleet = await connectHosts(url, system.api, hosts);
    cleanups.add(() => fleet.close());
    const browser = await chromium.launch({ executablePath: browserPath, args: browserFlags });
    cleanups.add(() => browser.close());

    const watched: PageWatched[] = [];
    let run: Run | undefined;
    for (let open = 1; open <= opens; open += 1) {
      // a fresh run when what is left of the last one would not last
      if (run === undefined || fleet.running() < changes * (watchedSeconds + 3)) {
        fleet.finish(hosts);
        if (run !== undefined) await system.api.finalRun(run.id, 60);
        process.stderr.write('a run on all of them\n');
        ({ run } = (await system.api.createTask({ owner: 'ALL', plugin: 'noop' })) as { run: Run });
        await eventually('all hosts run', () => Promise.resolve(fleet.running() === hosts), 120_000);
      }
      process.stderr.write(`opening ${open} of ${opens}\n`);
      const ending = setInterval(() => fleet.finish(changes / batchesPerSecond), 1000 / batchesPerSecond);
      try {
        watched.push(await watchPage(browser, { url: `${url}/runs/${run.id}`, cookie, seconds: watchedSeconds }));
      } finally {
        clearInterval(ending);
      }
    }
    if (values.json === true) console.log(JSON.stringify({ machine: machineLine(), hosts, changes, opens: watched }, null, 2));
    else console.log(`${openingsTable(watched)}\n\n${machineLine()}`);
  } finally {
    await cleanups.run();
  }
}
