import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stripElf } from './strip-elf.ts';
import type { Target } from './targets.ts';

/** Where pkg finds the Nodes that it is to put the agent into: its home, with a cache as it would have filled from the network. */
export type BaseRuntimes = { readonly home: string; readonly version: string };

/**
 * Puts the Node of each target into pkg's cache: from the packages of this project where npm installed it, otherwise from npm, which may have
 * it in its own cache. The lock file says which version, and what it must hash to. Kept beside other caches of this user, for the next build.
 */
export async function prepareRuntimes(root: string, targets: readonly Target[]): Promise<BaseRuntimes> {
  const locked = lockedRuntimes(root);
  const versions = new Set(targets.map((target) => lockedFor(locked, target).version));
  const [version] = versions;
  if (version === undefined || versions.size !== 1)
    throw new Error('package.json must name one version of Node for all platforms.');
  const home = join(cacheFolder(), 'muster', `agent-runtimes-${version}`);
  await Promise.all(targets.map((target) => prepare({ root, home, target, ...lockedFor(locked, target) })));
  return { home, version };
}

type Locked = { readonly version: string; readonly integrity: string };
type Preparation = Locked & { readonly root: string; readonly home: string; readonly target: Target };

async function prepare({ root, home, target, version, integrity }: Preparation): Promise<void> {
  const program = preparedProgram({ home, version }, target);
  if (!existsSync(`${program}.ok`)) {
    const source =
      installed(root, target, version) ?? (await fetched({ name: target.runtime.package, version, integrity, target, home }));
    // put in place as a whole: another build may be looking
    const fresh = `${program}.${process.pid}`;
    await mkdir(join(program, '..'), { recursive: true });
    await writeFile(fresh, target.platform.startsWith('linux-') ? stripElf(source) : source);
    await chmod(fresh, 0o755);
    await rename(fresh, program);
    await writeFile(`${program}.ok`, '');
  }
  // pkg asks for the archive that it takes the program from, and for its own word that it was verified; it opens neither
  for (const end of ['', '.ok']) await writeFile(cached({ home, version }, target.pkg.archive) + end, '');
}

/** The Node of a target that was prepared, without what only a debugger reads. */
export const preparedProgram = (runtimes: BaseRuntimes, { pkg }: Target): string => cached(runtimes, pkg.program);

const cached = ({ home, version }: BaseRuntimes, name: string): string =>
  join(home, '.pkg-cache', 'sea', `node-v${version}-${name}`);

/** npm installs only the one for this platform, and verified it. */
function installed(root: string, { runtime }: Target, version: string): Buffer | undefined {
  const folder = join(root, 'node_modules', runtime.package);
  if (!existsSync(join(folder, runtime.program))) return undefined;
  const { version: present } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return present === version ? readFileSync(join(folder, runtime.program)) : undefined;
}

type Wanted = Locked & { readonly name: string; readonly target: Target; readonly home: string };

async function fetched({ name, version, integrity, target, home }: Wanted): Promise<Buffer> {
  await mkdir(home, { recursive: true });
  const folder = await mkdtemp(join(home, 'fetched-'));
  try {
    await npmPack(`${name}@${version}`, folder);
    const archive = join(folder, `${name}-${version}.tgz`);
    const found = `sha512-${createHash('sha512')
      .update(await readFile(archive))
      .digest('base64')}`;
    if (found !== integrity) throw new Error(`${name}@${version} is not what package-lock.json expects: ${found}.`);
    await run('tar', ['-xzf', archive, '-C', folder, `package/${target.runtime.program}`]);
    return await readFile(join(folder, 'package', target.runtime.program));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function npmPack(what: string, folder: string): Promise<void> {
  try {
    // a program of its own on Windows, where only a shell starts it
    await run('npm', ['pack', what, '--prefer-offline', '--pack-destination', folder], process.platform === 'win32');
  } catch (cause) {
    const { stderr = '', message } = cause as Error & { stderr?: string };
    const why = (stderr === '' ? message : stderr).trim();
    throw new Error(`npm could not fetch ${what}, the Node for a host of another kind than this one:\n${why}`, { cause });
  }
}

const execFiles = promisify(execFile);
const run = (file: string, args: readonly string[], shell = false) => execFiles(file, args, { shell });

function lockedRuntimes(root: string): Record<string, Partial<Locked>> {
  const file = readFileSync(join(root, 'package-lock.json'), 'utf8');
  return (JSON.parse(file) as { packages: Record<string, Partial<Locked>> }).packages;
}

function lockedFor(locked: Record<string, Partial<Locked>>, { runtime }: Target): Locked {
  const { version, integrity } = locked[`node_modules/${runtime.package}`] ?? {};
  if (version === undefined || integrity === undefined) throw new Error(`package-lock.json knows no ${runtime.package}.`);
  return { version, integrity };
}

function cacheFolder(): string {
  const { LOCALAPPDATA, XDG_CACHE_HOME } = process.env;
  if (process.platform === 'win32') return LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local');
  return XDG_CACHE_HOME ?? join(homedir(), '.cache');
}
