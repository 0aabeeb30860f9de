import { resolve } from 'node:path';
import type { Command } from 'commander';
import { MusterError } from '../../shared/errors.ts';
import { platforms } from '../../shared/plugin-manifest.ts';
import type { Client } from '../client.ts';
import { isThisHost } from '../connection.ts';
import { type Context, exitCodes, type Perform } from '../context.ts';
import { checkAgentWay } from '../doctor/agent-way-check.ts';
import { checkDataFolder } from '../doctor/data-folder-check.ts';
import { checkDatabase } from '../doctor/database-check.ts';
import { readLocalSettings } from '../doctor/local-settings.ts';
import { checkPluginsFolder } from '../doctor/plugins-folder-check.ts';
import { checkPort } from '../doctor/port-check.ts';
import { checkPublicUrl } from '../doctor/public-url-check.ts';
import { checkDependencies, checkNode } from '../doctor/runtime-checks.ts';
import { checkAgents, checkToken, lookAtServer, type ServerLook } from '../doctor/server-checks.ts';
import { addSharedOptions } from '../flags.ts';
import { type Finding, findingsText } from '../output/findings.ts';

export function addDoctor(program: Command, perform: Perform): void {
  const command = program
    .command('doctor')
    .helpGroup('Processes:')
    .summary('say what is not well, and what to do')
    .description('Looks at this host, the server and the connection between them. The exit code is 1 if something has failed.');
  command.option('--deep', 'look at every row and index of the database of this host, however long it takes');
  addSharedOptions(command).action(perform(doctor));
}

async function doctor(context: Context, options: { readonly deep?: true } = {}): Promise<number> {
  const { surroundings, server } = context;
  const look = await lookAtServer(server, surroundings.now);
  const findings: Finding[] = [
    checkNode(process.versions.node),
    await checkDependencies(),
    ...(await checkThisHost(context, look, options.deep === true ? 'deep' : 'quick')),
    ...look.findings,
    ...(look.reached ? [await checkAgentWay(server), ...(await checkAccess(context))] : []),
  ];
  const healthy = findings.every(({ level }) => level !== 'fail');
  context.print({ healthy, findings }, () => findingsText(findings, context.stdout));
  return healthy ? exitCodes.done : exitCodes.failed;
}

/** What a server needs of its host; nothing to look at where the server is elsewhere. */
async function checkThisHost(
  { surroundings, server }: Context,
  { reached }: ServerLook,
  depth: 'quick' | 'deep',
): Promise<Finding[]> {
  const url = new URL(server);
  if (!isThisHost(url.hostname)) return [];
  const { settings, findings } = readLocalSettings(surroundings);
  if (settings === undefined) return [...findings];
  const { cwd } = surroundings;
  const isAsked = Number(url.port || (url.protocol === 'https:' ? 443 : 80)) === settings.port;
  const scheme = settings.tlsCert === undefined ? 'http' : 'https';
  const isOurs = isAsked ? reached : (await lookAtServer(`${scheme}://127.0.0.1:${settings.port}`, Date.now)).reached;
  const platform = platforms.find((one) => one === process.platform) ?? 'linux';
  return [
    ...findings,
    ...checkDataFolder(resolve(cwd, settings.dataDir)),
    ...(await checkDatabase({ dataDir: resolve(cwd, settings.dataDir), deep: depth === 'deep', surroundings })),
    await checkPort(settings.host, settings.port, isOurs),
    ...(await checkPluginsFolder(resolve(cwd, settings.pluginsDir), platform)),
    ...(settings.publicUrl === undefined ? [] : [await checkPublicUrl(settings.publicUrl)]),
  ];
}

async function checkAccess(context: Context): Promise<Finding[]> {
  let client: Client;
  try {
    client = context.client;
  } catch (error) {
    if (!(error instanceof MusterError)) throw error;
    return [{ level: 'fail', what: 'token', detail: error.message }];
  }
  const token = await checkToken(client);
  return token.level === 'fail' ? [token] : [token, await checkAgents(client)];
}
