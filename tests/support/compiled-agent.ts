import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findProgram } from '../../agent/execution/find-program.ts';
import { type Release, release } from '../../shared/release.ts';

const folder = resolve(import.meta.dirname, '../../dist/agents');

/** The executable for this machine, as the last `npm run build:agent` left it; undefined if there is none. */
export const compiledAgent: string | undefined = findExecutable();

/** What that build says of itself. */
export function builtRelease(): Release | undefined {
  const file = join(folder, 'release.json');
  return existsSync(file) ? release.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}

function findExecutable(): string | undefined {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const name = builtRelease()?.files.find((file) => file.platform === platform)?.name;
  return name === undefined || !existsSync(join(folder, name)) ? undefined : join(folder, name);
}

/** A folder with these programs of this machine in it, and nothing else: what a PATH without Node is. */
export function makeBareFolder(path: string, programs: readonly string[]): string {
  mkdirSync(path, { recursive: true });
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin' };
  for (const name of programs) {
    const program = findProgram([name], env);
    if (program !== undefined) symlinkSync(program, join(path, name));
  }
  return path;
}
