import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Environment } from './environment.ts';

/** The full path of the first of these programs that is on the PATH, or undefined. */
export function findProgram(names: readonly string[], env: Environment): string | undefined {
  for (const name of names) {
    for (const folder of foldersOf(env)) {
      const found = endings.map((ending) => join(folder, name + ending)).find(isProgram);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function foldersOf(env: Environment): string[] {
  const path = Object.entries(env).find(([name]) => name.toUpperCase() === 'PATH')?.[1] ?? '';
  // an empty or relative member means the current folder, where nobody looks for an interpreter
  return path.split(delimiter).filter((folder) => /^([\\/]|[A-Za-z]:)/.test(folder));
}

/** Only what can be started without cmd.exe, whose quoting is not that of programs. */
const endings: readonly string[] = process.platform === 'win32' ? ['.exe', '.com'] : [''];

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
