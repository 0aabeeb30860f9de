/**
 * `npm run bench -- pages DIR [--times 20] [--json]`: starts a server on a seeded data folder (see `seed`) and measures each page: time to
 * the first byte, size of the HTML, script that comes with it. The folder is used as it is, and the server ends with the measurement.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startServerProcess } from '../../tests/support/server-process.ts';
import { createCleanups } from '../cleanups.ts';
import { machineLine } from '../machine.ts';
import { measurePage, type PageMeasured } from './measure-page.ts';
import { pagesTable } from './pages-table.ts';
import { prepareFolder } from './prepare-folder.ts';
import { signedInCookie } from './signed-in.ts';
import { findSubjects } from './subjects.ts';

const pluginsDir = resolve(import.meta.dirname, '../../plugins');

export async function pagesCommand(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { times: { type: 'string' }, json: { type: 'boolean' } },
    allowPositionals: true,
  });
  const [dir] = positionals;
  if (dir === undefined) throw new Error('Give a folder that `npm run bench -- seed DIR` has filled.');
  const dataDir = resolve(dir);
  const times = Number(values.times ?? 20);
  const cleanups = createCleanups();
  const settings = { MUSTER_LOG_LEVEL: 'info', MUSTER_IDLE_AFTER_SECONDS: '3600', MUSTER_OFFLINE_AFTER_SECONDS: '7200' };
  try {
    // the first start stores the plugins, so that the hosts can be given them
    await (await startServerProcess({ dataDir, pluginsDir, settings })).stop();
    prepareFolder(dataDir, Date.now());
    const server = await startServerProcess({ dataDir, pluginsDir, settings });
    cleanups.add(() => server.stop());
    const cookie = await signedInCookie(server.signInUrl);
    const measured: PageMeasured[] = [];
    for (const { name, path } of findSubjects(dataDir)) {
      process.stderr.write(`${name}\n`);
      measured.push(await measurePage({ origin: server.url, cookie, name, path, times }));
    }
    if (values.json === true) console.log(JSON.stringify({ machine: machineLine(), pages: measured }, null, 2));
    else console.log(`${pagesTable(measured)}\n\n${machineLine()}`);
  } finally {
    await cleanups.run();
  }
}
