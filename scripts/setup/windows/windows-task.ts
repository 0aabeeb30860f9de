import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readServerSettings } from '../../../server/settings.ts';
import { ownTree } from '../../program-tree/own-tree.ts';
import { putTree } from '../../program-tree/put-tree.ts';
import { runtimePackages } from '../../program-tree/runtime-files.ts';
import { awaitHealth } from '../health.ts';
import { nextSteps } from '../next-steps.ts';
import { runProgram } from '../run-program.ts';
import type { ServerHere } from '../server-here.ts';
import { addressesOf, type ServerSetup } from '../server-settings.ts';
import { SetupStop, setupCodes } from '../setup-stop.ts';
import { taskDefinition } from './task-definition.ts';

const taskName = 'Muster Server';
const healthSeconds = 60;
/** by their ids, because their names differ from language to language: the system, administrators, LOCAL SERVICE */
const [system, administrators, localService] = ['*S-1-5-18', '*S-1-5-32-544', '*S-1-5-19'];

/**
 * Installs the server as a task that starts with the host: the program in Program Files, its data and settings (`muster.json`) in ProgramData. Run
 * again, it brings all of it up to date, and settings that are not given stay as they are.
 */
export async function installWindowsTask({ tree, settings, lines }: ServerHere): Promise<number> {
  const program = join(process.env.ProgramFiles ?? 'C:\\Program Files', 'Muster Server');
  const dataDir = settings['data-dir'] ?? join(process.env.ProgramData ?? 'C:\\ProgramData', 'Muster Server');
  const configFile = join(dataDir, 'muster.json');
  const { name, program: nodePath } = runtimePackages['windows-x64'];
  await runProgram('schtasks.exe', '/End', '/TN', taskName);

  if (tree.top !== program) {
    lines.doing(`Copying the program to ${program}.`);
    await putTree(ownTree(tree.top, 'windows-x64'), program);
  }
  await mkdir(dataDir, { recursive: true });
  const grants = [`${system}:(OI)(CI)F`, `${administrators}:(OI)(CI)F`, `${localService}:(OI)(CI)M`];
  await mustRun('icacls.exe', dataDir, '/inheritance:r', '/grant:r', ...grants);
  await writeFile(configFile, withSettings(existsSync(configFile) ? readFileSync(configFile, 'utf8') : '{}', settings));
  const { values: server } = await readServerSettings({ flags: { dataDir }, env: {}, cwd: program });
  if (server.port === 0)
    throw new SetupStop(setupCodes.wrongOption, '-Port 0 is another port at each start: a service needs one that stays.');

  const definition = join(dataDir, 'task.xml');
  const keeper = join(program, 'scripts', 'setup', 'windows', 'keep-server.ts');
  const node = join(program, 'node_modules', name, ...nodePath.split('/'));
  // with a mark at its beginning, by which Task Scheduler knows the letters
  await writeFile(definition, `\ufeff${taskDefinition({ node, keeper, program, dataDir })}`, 'utf16le');
  await mustRun('schtasks.exe', '/Create', '/TN', taskName, '/XML', definition, '/F');
  await rm(definition);
  lines.doing(`Starting the task "${taskName}".`);
  await mustRun('schtasks.exe', '/Run', '/TN', taskName);

  const addresses = addressesOf(server);
  lines.doing('Waiting until it answers.');
  if (!(await awaitHealth(addresses.here, healthSeconds)))
    throw new SetupStop(
      setupCodes.notUp,
      `The server does not answer at ${addresses.here} after ${healthSeconds} s: see ${join(dataDir, 'server.log')}.`,
    );
  await rm(`${program}.before`, { recursive: true, force: true });
  lines.ok(`The server answers at ${addresses.here}, as the task "${taskName}".`);
  const tokenFile = server.adminToken === undefined ? join(dataDir, 'admin.token') : null;
  const dashboard = `${addresses.forOthers ?? addresses.here} (the log has the link for the first sign-in)`;
  const facts = { tree, platform: process.platform, addresses, dashboard, tokenFile, dataDir };
  lines.text(`${nextSteps(facts)}\nIts log: ${join(dataDir, 'server.log')}. Its settings: ${configFile}.\n`);
  return 0;
}

/** `muster.json` with what is given set, and everything else as it is. */
function withSettings(present: string, { host, port, 'public-url': publicUrl }: ServerSetup): string {
  const given = {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
  };
  return `${JSON.stringify({ ...(JSON.parse(present) as object), ...given }, null, 2)}\n`;
}

async function mustRun(file: string, ...args: readonly string[]): Promise<void> {
  const { exitCode, output } = await runProgram(file, ...args);
  if (exitCode !== 0) throw new SetupStop(setupCodes.noRights, `${file} ${args.join(' ')} failed: ${output}`);
}
