import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Puts packages of npm into this folder, without running scripts of theirs. @returns the folder in which they are found */
export async function installFromNpm(folder: string, packages: readonly string[]): Promise<string> {
  await mkdir(folder, { recursive: true });
  await run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts', ...packages], {
    timeout: installMs,
  });
  return join(folder, 'node_modules');
}

/**
 * A program: from the PATH, or else from the packages of Debian, unpacked into this folder without being installed.
 * @returns how it is started. @throws if there is neither
 */
export async function findOrUnpack(
  folder: string,
  { program, debianPackage }: { readonly program: string; readonly debianPackage: string },
): Promise<{ readonly file: string; readonly env: Readonly<Record<string, string>> }> {
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .map((dir) => join(dir, program))
    .find(existsSync);
  if (found !== undefined) return { file: found, env: {} };
  await mkdir(folder, { recursive: true });
  const { stdout } = await run('apt-get', ['install', '--simulate', '--no-install-recommends', debianPackage], {
    timeout: installMs,
  });
  const wanted = [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name as string);
  await run('apt-get', ['download', ...wanted], { cwd: folder, timeout: installMs });
  const root = join(folder, 'root');
  for (const file of await readdir(folder)) if (file.endsWith('.deb')) await run('dpkg-deb', ['-x', join(folder, file), root]);
  const libraries = ['lib', 'usr/lib'].flatMap((dir) => [
    join(root, dir),
    join(root, dir, `${machines[process.arch]}-linux-gnu`),
  ]);
  return { file: join(root, 'usr/bin', program), env: { LD_LIBRARY_PATH: libraries.join(':') } };
}

const installMs = 120_000;
const machines: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };
