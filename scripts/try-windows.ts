/**
 * `npm run try:windows`: what the agent does on Windows, as far as Wine can tell. Starts a server, boots a Windows of Wine's, starts the Windows
 * executable there, and prints a line for each thing that was tried. Takes Linux, root and debootstrap, a minute, and the first time 2 GB of disk
 * and Debian's packages. What Wine cannot tell is said in docs/agent-executable.md.
 *
 *   --tree DIR     where the Debian with Wine is, or is made; default: in the cache of the user
 *   --agent FILE   default dist/agents/muster-agent-windows-x64.exe, which `npm run build:agent -- --target windows-x64` makes
 *   --only TEXT    only the trials with this text in their names, besides the first
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { agentTrials } from './try-windows/agent-trials.ts';
import { startTrialWorld, type Trial, type TrialWorld } from './try-windows/trial-world.ts';
import { updateTrials } from './try-windows/update-trials.ts';
import { prepareWindowsTree } from './try-windows/windows-tree.ts';
import { workTrials } from './try-windows/work-trials.ts';

const root = resolve(import.meta.dirname, '..');
const cacheFolder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'muster');
const say = (line: string): void => void process.stdout.write(`${line}\n`);

try {
  const { values } = parseArgs({
    options: {
      tree: { type: 'string', default: join(cacheFolder, 'windows-tree') },
      agent: { type: 'string', default: join(root, 'dist', 'agents', 'muster-agent-windows-x64.exe') },
      only: { type: 'string', default: '' },
    },
  });
  const agent = resolve(values.agent);
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) throw new Error('This takes Linux and root.');
  if (!existsSync(agent)) throw new Error(`There is no ${agent}: npm run build:agent -- --target windows-x64 makes one.`);
  const tree = resolve(values.tree);
  await prepareWindowsTree(tree, say);
  // the first trial joins the host, and the others need it
  const [joining, ...others] = [...workTrials, ...agentTrials, ...updateTrials];
  const chosen = others.filter(({ name }) => name.includes(values.only));
  process.exitCode = await tryAll(joining === undefined ? chosen : [joining, ...chosen], { tree, agent });
} catch (error) {
  process.stderr.write(`try:windows: ${(error as Error).message}\n`);
  process.exitCode = 1;
}

/** @returns the exit code */
async function tryAll(trials: readonly Trial[], places: { readonly tree: string; readonly agent: string }): Promise<number> {
  const world = await startTrialWorld(places);
  const stop = (): void => void world.close().finally(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  let failed = 0;
  try {
    for (const trial of trials) if (!(await tryOne(trial, world))) failed += 1;
    if (failed > 0) say(`\nThe end of the agent's log:\n${world.agentLog().split('\n').slice(-30).join('\n')}`);
    for (const error of world.serverErrors()) say(`server: ${error.trim()}`);
  } finally {
    await world.close();
  }
  say(`\n${trials.length - failed} of ${trials.length} trials went well.`);
  return failed === 0 ? 0 : 1;
}

async function tryOne({ name, run }: Trial, world: TrialWorld): Promise<boolean> {
  const started = performance.now();
  const seconds = (): string => `${((performance.now() - started) / 1000).toFixed(1)} s`.padStart(7);
  try {
    const seen = await run(world);
    say(`ok     ${seconds()}  ${name}${seen === undefined ? '' : `: ${seen}`}`);
    return true;
  } catch (error) {
    say(`FAILED ${seconds()}  ${name}\n${(error as Error).message.replace(/^/gm, '                ')}`);
    return false;
  }
}
