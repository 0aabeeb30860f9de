import { existsSync, readFileSync } from 'node:fs';
import { chmod, chown, copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readServerSettings } from '../../../server/settings.ts';
import { ownTree } from '../../program-tree/own-tree.ts';
import { putTree } from '../../program-tree/put-tree.ts';
import { awaitHealth } from '../health.ts';
import { nextSteps } from '../next-steps.ts';
import { runProgram } from '../run-program.ts';
import type { ServerHere } from '../server-here.ts';
import { addressesOf, type ServerSetup } from '../server-settings.ts';
import { SetupStop, setupCodes } from '../setup-stop.ts';
import type { StatusLines } from '../status-lines.ts';
import type { ThisTree } from '../this-tree.ts';
import { dropInFor } from './drop-in.ts';
import { settingIn, withSettings } from './environment-file.ts';

/** Where the unit in deploy/systemd has them. */
const program = '/opt/muster';
const usualData = '/var/lib/muster';
const environmentFile = '/etc/muster/server.env';
const account = 'muster';
const name = 'muster-server';
const unitFile = `/etc/systemd/system/${name}.service`;
const dropInFile = `${unitFile}.d/setup.conf`;
const healthSeconds = 60;

/**
 * Installs the server as docs/production.md tells it: an account, the program in /opt/muster, its settings, the unit. Run again, it brings all of
 * it up to date, and settings that are not given stay as they are.
 */
export async function installSystemdService({ tree, settings, lines }: ServerHere): Promise<number> {
  checkHost();
  const { uid, gid } = await prepareAccount(lines);
  const present = existsSync(environmentFile) ? readFileSync(environmentFile, 'utf8') : '';
  const wanted = withSettings(present, variablesOf(settings));
  const server = await effective(wanted);
  await putProgram(tree, lines);
  await putSettings(wanted, gid);
  await prepareData(server.dataDir, uid, gid);
  await putUnit(server, lines);
  await startUnit(lines);

  const addresses = addressesOf(server);
  lines.doing('Waiting until it answers.');
  if (!(await awaitHealth(addresses.here, healthSeconds, hasFailed))) await tellWhyNotUp(addresses.here);
  await rm(`${program}.before`, { recursive: true, force: true });
  lines.ok(`The server answers at ${addresses.here}, as the service ${name}.`);
  const tokenFile = server.adminToken === undefined ? join(server.dataDir, 'admin.token') : null;
  const dashboard = `${addresses.forOthers ?? addresses.here} (the log has the link for the first sign-in)`;
  const facts = { tree, platform: process.platform, addresses, dashboard, tokenFile, dataDir: server.dataDir };
  lines.text(`${nextSteps(facts)}\nIts log: journalctl -u ${name}. Its settings: ${environmentFile}.\n`);
  return 0;
}

function checkHost(): void {
  if (process.geteuid?.() !== 0)
    throw new SetupStop(setupCodes.noRights, 'Root is needed to install a service: run it with sudo, or without --service.');
  if (!existsSync('/run/systemd/system'))
    throw new SetupStop(
      setupCodes.notSupported,
      'This host has no systemd, for which the service is made. Run it without --service from what starts programs here, or in a container (docs/production.md).',
    );
}

async function prepareAccount(lines: StatusLines): Promise<{ readonly uid: number; readonly gid: number }> {
  const ids = async (): Promise<number[] | undefined> => {
    const found = await Promise.all([runProgram('id', '-u', account), runProgram('id', '-g', account)]);
    return found.every(({ exitCode }) => exitCode === 0) ? found.map(({ output }) => Number(output)) : undefined;
  };
  let found = await ids();
  if (found === undefined) {
    const options = [
      '--system',
      '--user-group',
      '--home-dir',
      usualData,
      '--no-create-home',
      '--shell',
      '/usr/sbin/nologin',
      account,
    ];
    const { exitCode, output } = await runProgram('useradd', ...options);
    if (exitCode !== 0) throw new SetupStop(setupCodes.noRights, `The account ${account} cannot be made: ${output}`);
    lines.ok(`The account ${account} is made.`);
    found = await ids();
  }
  const [uid, gid] = found ?? [];
  if (uid === undefined || gid === undefined)
    throw new SetupStop(setupCodes.notSupported, `The account ${account} cannot be found.`);
  return { uid, gid };
}

const variablesOf = (settings: ServerSetup): Record<string, string | undefined> => ({
  MUSTER_HOST: settings.host,
  MUSTER_PORT: settings.port,
  MUSTER_PUBLIC_URL: settings['public-url'],
  MUSTER_DATA_DIR: settings['data-dir'],
});

/** The settings as the service will have them. @throws MusterError for one that it could not use */
async function effective(environment: string) {
  const names = environment.split('\n').flatMap((line) => /^(MUSTER_\w+)=/.exec(line)?.[1] ?? []);
  const env = Object.fromEntries(names.map((each) => [each, settingIn(environment, each)]));
  const { values } = await readServerSettings({ flags: {}, env: { MUSTER_DATA_DIR: usualData, ...env }, cwd: program });
  if (values.port === 0)
    throw new SetupStop(setupCodes.wrongOption, '--port 0 is another port at each start: a service needs one that stays.');
  return values;
}

async function putProgram({ top, platform }: ThisTree, lines: StatusLines): Promise<void> {
  if (top === program) return;
  if (platform === undefined)
    throw new SetupStop(setupCodes.notSupported, `There is no Node for this machine (${process.arch}).`);
  lines.doing(`Copying the program to ${program}.`);
  await mkdir(dirname(program), { recursive: true });
  await putTree(ownTree(top, platform), program);
}

async function putSettings(text: string, gid: number): Promise<void> {
  const folder = dirname(environmentFile);
  await mkdir(folder, { recursive: true });
  await chown(folder, 0, gid);
  await chmod(folder, 0o750);
  // it may hold a token
  const fresh = `${environmentFile}.new`;
  await writeFile(fresh, text, { mode: 0o640 });
  await chown(fresh, 0, gid);
  await rename(fresh, environmentFile);
}

/** The usual folder is made by systemd. */
async function prepareData(dataDir: string, uid: number, gid: number): Promise<void> {
  if (dataDir === usualData) return;
  await mkdir(dataDir, { recursive: true });
  await chown(dataDir, uid, gid);
  await chmod(dataDir, 0o700);
}

async function putUnit(server: { readonly dataDir: string; readonly port: number }, lines: StatusLines): Promise<void> {
  await copyFile(join(program, 'deploy/systemd', `${name}.service`), unitFile);
  await chmod(unitFile, 0o644);
  const dropIn = dropInFor(server);
  if (dropIn === undefined) await rm(dropInFile, { force: true });
  else {
    await mkdir(dirname(dropInFile), { recursive: true });
    await writeFile(dropInFile, dropIn, { mode: 0o644 });
  }
  lines.ok(`The unit ${unitFile} is in its place.`);
}

async function startUnit(lines: StatusLines): Promise<void> {
  lines.doing(`Starting the service ${name}.`);
  for (const args of [['daemon-reload'], ['enable', '--quiet', name], ['reset-failed', name], ['restart', name]]) {
    const { exitCode, output } = await runProgram('systemctl', ...args);
    // a unit that never failed cannot be reset
    if (exitCode !== 0 && args[0] !== 'reset-failed')
      throw new SetupStop(setupCodes.notUp, `systemctl ${args.join(' ')} failed: ${output}`);
  }
}

/** systemd has given it up, after some tries. */
const hasFailed = async (): Promise<boolean> => (await runProgram('systemctl', 'is-active', name)).output === 'failed';

/** Of the log, what the server itself has said: what systemd says besides is the same each time. */
async function tellWhyNotUp(url: string): Promise<never> {
  const { output } = await runProgram('journalctl', `_SYSTEMD_UNIT=${name}.service`, '-n', '10', '--no-pager', '-o', 'cat');
  throw new SetupStop(
    setupCodes.notUp,
    `The service does not answer at ${url}. The program before it, if there was one, is in ${program}.before. The end of its log:\n${output}`,
  );
}
