import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Where Wine keeps its Windows, in the tree. */
export const prefixInTree = '/root/prefix';
/** The first Debian whose Wine runs the Node of the agent (Wine 8 does not). */
const release = 'trixie';
const mirror = 'http://deb.debian.org/debian';

/** What Wine is told: where its Windows is, and to keep its own complaints for itself. */
export const wineEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/bin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
  WINEPREFIX: prefixInTree,
  WINEDEBUG: '-all',
  XDG_RUNTIME_DIR: '/tmp',
};

/** Makes a Debian with Wine and a fresh Windows in this folder, if it is not there. It is only read from then on. */
export async function prepareWindowsTree(tree: string, say: (line: string) => void): Promise<void> {
  if (existsSync(tree)) return;
  if (spawnSync('debootstrap', ['--version']).error !== undefined) throw new Error('There is no debootstrap: install it.');
  say(`Making a Debian with Wine in ${tree}: two minutes, once.`);
  // built beside it and renamed, so that a half made one is never taken for it
  const made = `${tree}.making`;
  await mkdir(dirname(tree), { recursive: true });
  await rm(made, { recursive: true, force: true });
  try {
    inOwnMounts('debootstrap', '--variant=minbase', release, made, mirror);
    const apt = 'DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends wine64 wine && apt-get clean';
    inTree(made, apt);
    // the registry is written when the last program of Wine's has ended
    inTree(made, 'wineboot --init && wineserver -w');
    if (!existsSync(join(made, prefixInTree, 'system.reg'))) throw new Error('Wine made no Windows.');
    await rename(made, tree);
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    throw error;
  }
}

const inTree = (tree: string, line: string): void => {
  const variables = Object.entries(wineEnvironment).map(([name, value]) => `${name}=${value}`);
  inOwnMounts(
    'sh',
    '-euc',
    'mount -t proc proc "$1/proc"; exec chroot "$@"',
    'sh',
    tree,
    'env',
    '-i',
    ...variables,
    'sh',
    '-c',
    line,
  );
};

/** Whatever is mounted, and whatever still runs, goes with the namespaces when the program ends, however it ends. */
function inOwnMounts(...command: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync('unshare', ['--mount', '--pid', '--fork', '--kill-child', '--', ...command], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return;
  throw new Error(`${command.slice(0, 4).join(' ')} … failed:\n${`${stdout}${stderr}`.split('\n').slice(-15).join('\n')}`);
}
