import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keepFile, keptFolder } from './kept-files.ts';
import { filesOf, type LockedPackage, lockedPackage } from './locked-package.ts';
import { stripElf } from './strip-elf.ts';
import type { Target } from './targets.ts';

/** Where pkg finds the Nodes that it is to put the agent into: its home, with a cache as it would have filled from the network. */
export type BaseRuntimes = { readonly home: string; readonly version: string };

/** Puts the Node of each target into pkg's cache. Kept for the next build. */
export async function prepareRuntimes(root: string, targets: readonly Target[]): Promise<BaseRuntimes> {
  const runtimes = targets.map((target) => ({ target, locked: lockedPackage(root, target.runtime.package) }));
  const versions = new Set(runtimes.map(({ locked }) => locked.version));
  const [version] = versions;
  if (version === undefined || versions.size !== 1)
    throw new Error('package.json must name one version of Node for all platforms.');
  const home = join(keptFolder(), `agent-runtimes-${version}`);
  await Promise.all(runtimes.map(({ target, locked }) => prepare(home, target, locked)));
  return { home, version };
}

async function prepare(home: string, target: Target, locked: LockedPackage): Promise<void> {
  const { version } = locked;
  const program = preparedProgram({ home, version }, target);
  if (!existsSync(`${program}.ok`)) {
    const [source = Buffer.alloc(0)] = await filesOf(locked, [target.runtime.program], home);
    await keepFile(program, target.platform.startsWith('linux-') ? stripElf(source) : source, 0o755);
    await writeFile(`${program}.ok`, '');
  }
  // pkg asks for the archive that it takes the program from, and for its own word that it was verified; it opens neither
  for (const end of ['', '.ok']) await writeFile(cached({ home, version }, target.pkg.archive) + end, '');
}

/** The Node of a target that was prepared, without what only a debugger reads. */
export const preparedProgram = (runtimes: BaseRuntimes, { pkg }: Target): string => cached(runtimes, pkg.program);

const cached = ({ home, version }: BaseRuntimes, name: string): string =>
  join(home, '.pkg-cache', 'sea', `node-v${version}-${name}`);
