import { existsSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inSystem32 } from '../../../agent/execution/taskkill.windows.ts';
import { isLoopback } from '../../../cli/connection.ts';
import { readServerSettings } from '../../../server/settings.ts';
import { ownTree } from '../../program-tree/own-tree.ts';
import { putTree } from '../../program-tree/put-tree.ts';
import { runtimePackages } from '../../program-tree/runtime-files.ts';
import { awaitHealth } from '../health.ts';
import { nextSteps } from '../next-steps.ts';
import { type ProgramEnd, runProgram } from '../run-program.ts';
import type { ServerHere } from '../server-here.ts';
import { addressesOf, type ServerSetup } from '../server-settings.ts';
import { SetupStop, setupCodes } from '../setup-stop.ts';
import { firewallRule } from './firewall-rule.ts';
import { taskDefinition } from './task-definition.ts';
import { windowsPowerShell } from './windows-powershell.ts';

const taskName = 'Muster Server';
const healthSeconds = 60;

type Place = { readonly program: string; readonly dataDir: string; readonly configFile: string };

/**
 * Installs the server as a task that starts with the host: the program in Program Files, its data and settings (`muster.json`) in ProgramData. Run
 * again, it brings all of it up to date, and settings that are not given stay as they are.
 */
export async function installWindowsTask(setup: ServerHere): Promise<number> {
  const { tree, settings, lines } = setup;
  const program = join(process.env.ProgramFiles ?? 'C:\\Program Files', 'Muster Server');
  const dataDir = settings['data-dir'] ?? join(process.env.ProgramData ?? 'C:\\ProgramData', 'Muster Server');
  const place = { program, dataDir, configFile: join(dataDir, 'muster.json') };

  // what may be refused, before anything is stopped
  await closeFolder(dataDir);
  const flags = { dataDir, ...settingsIn(settings) };
  const { values: server } = await readServerSettings({ flags, env: {}, cwd: program });
  if (server.port === 0)
    throw new SetupStop(setupCodes.wrongOption, '-Port 0 is another port at each start: a service needs one that stays.');

  // else its timer would start the old program while the new one takes its place
  await tasks('/Change', '/DISABLE');
  await tasks('/End');
  try {
    await putInPlace(setup, place);
  } catch (error) {
    await tasks('/Change', '/ENABLE');
    await tasks('/Run');
    throw error;
  }
  lines.doing(`Starting the task "${taskName}".`);
  mustHaveRun(await tasks('/Run'));

  const addresses = addressesOf(server);
  lines.doing('Waiting until it answers.');
  if (!(await awaitHealth(addresses.here, healthSeconds)))
    throw new SetupStop(
      setupCodes.notUp,
      `The server does not answer at ${addresses.here} after ${healthSeconds} s: see ${join(dataDir, 'server.log')}.`,
    );
  await rm(`${program}.before`, { recursive: true, force: true });
  lines.ok(`The server answers at ${addresses.here}, as the task "${taskName}".`);
  if (!isLoopback(server.host)) lines.note(firewallRule(taskName, server.port));
  const tokenFile = server.adminToken === undefined ? join(dataDir, 'admin.token') : null;
  const dashboard = `${addresses.forOthers ?? addresses.here} (the log has the link for the first sign-in)`;
  const facts = { tree, platform: process.platform, addresses, dashboard, tokenFile, dataDir };
  lines.text(`${nextSteps(facts)}\nIts log: ${join(dataDir, 'server.log')}. Its settings: ${place.configFile}.\n`);
  return 0;
}

async function closeFolder(folder: string): Promise<void> {
  const script = fileURLToPath(new URL('./close-folder.ps1', import.meta.url));
  const { file, args, env } = windowsPowerShell(script, { Folder: folder }, process.env);
  const { exitCode, output } = await runProgram({ file, env }, ...args);
  if (exitCode !== 0) throw new SetupStop(setupCodes.noRights, output);
}

/** The program, its settings, and the task, which is enabled by that. */
async function putInPlace({ tree, settings, lines }: ServerHere, { program, dataDir, configFile }: Place): Promise<void> {
  // Windows takes both spellings for the same folder, and a program cannot be copied over itself
  if (tree.top.toLowerCase() !== program.toLowerCase()) {
    lines.doing(`Copying the program to ${program}.`);
    await putTree(ownTree(tree.top, 'windows-x64'), program);
  }
  await writeFile(configFile, withSettings(existsSync(configFile) ? readFileSync(configFile, 'utf8') : '{}', settings));
  const { name, program: nodePath } = runtimePackages['windows-x64'];
  const keeper = join(program, 'scripts', 'setup', 'windows', 'keep-server.ts');
  const node = join(program, 'node_modules', name, ...nodePath.split('/'));
  // where nobody but administrators can change it before it is read
  const definition = join(program, 'task.xml');
  // with a mark at its beginning, by which Task Scheduler knows the letters
  await writeFile(definition, `\ufeff${taskDefinition({ node, keeper, program, dataDir })}`, 'utf16le');
  mustHaveRun(await tasks('/Create', '/XML', definition, '/F'));
  await rm(definition);
}

const settingsIn = ({ host, port, 'public-url': publicUrl }: ServerSetup) => ({
  ...(host === undefined ? {} : { host }),
  ...(port === undefined ? {} : { port }),
  ...(publicUrl === undefined ? {} : { publicUrl }),
});

/** `muster.json` with what is given set, and everything else as it is. */
function withSettings(present: string, settings: ServerSetup): string {
  const { port, ...given } = settingsIn(settings);
  const numbers = port === undefined ? {} : { port: Number(port) };
  return `${JSON.stringify({ ...(JSON.parse(present) as object), ...given, ...numbers }, null, 2)}\n`;
}

const tasks = (step: string, ...options: readonly string[]): Promise<ProgramEnd> =>
  runProgram(inSystem32('schtasks.exe'), step, '/TN', taskName, ...options);

function mustHaveRun({ exitCode, output }: ProgramEnd): void {
  if (exitCode !== 0) throw new SetupStop(setupCodes.noRights, `Task Scheduler does not take the task "${taskName}": ${output}`);
}
