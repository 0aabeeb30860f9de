import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A package of a platform, as the lock file of the project in `root` says: which version, and what it must hash to. */
export type LockedPackage = {
  readonly root: string;
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
};

export function lockedPackage(root: string, name: string): LockedPackage {
  const file = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const { packages } = JSON.parse(file) as { packages: Record<string, Partial<LockedPackage>> };
  const { version, integrity } = packages[`node_modules/${name}`] ?? {};
  if (version === undefined || integrity === undefined) throw new Error(`package-lock.json knows no ${name}.`);
  return { root, name, version, integrity };
}

/**
 * What files of a package hold, in their order: from this project if npm installed it, otherwise from npm, which may have it in its own cache.
 *
 * @param temporary folder in which it is unpacked then
 */
export async function filesOf(locked: LockedPackage, files: readonly string[], temporary: string): Promise<Buffer[]> {
  return installed(locked, files) ?? (await fetched(locked, files, temporary));
}

/** npm installs only those for this platform, and verified them. */
function installed({ root, name, version }: LockedPackage, files: readonly string[]): Buffer[] | undefined {
  const folder = join(root, 'node_modules', name);
  if (!files.every((file) => existsSync(join(folder, file)))) return undefined;
  const { version: present } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return present === version ? files.map((file) => readFileSync(join(folder, file))) : undefined;
}

async function fetched(locked: LockedPackage, files: readonly string[], temporary: string): Promise<Buffer[]> {
  const { name, version, integrity } = locked;
  await mkdir(temporary, { recursive: true });
  const folder = await mkdtemp(join(temporary, 'fetched-'));
  try {
    await npmPack(`${name}@${version}`, folder);
    const archive = join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
    const found = `sha512-${createHash('sha512')
      .update(await readFile(archive))
      .digest('base64')}`;
    if (found !== integrity) throw new Error(`${name}@${version} is not what package-lock.json expects: ${found}.`);
    await run('tar', ['-xzf', archive, '-C', folder, ...files.map((file) => `package/${file}`)]);
    return await Promise.all(files.map((file) => readFile(join(folder, 'package', file))));
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
    throw new Error(`npm could not fetch ${what}, which is for a host of another kind than this one:\n${why}`, { cause });
  }
}

const execFiles = promisify(execFile);
const run = (file: string, args: readonly string[], shell = false) => execFiles(file, args, { shell });
