import { readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** Modules of a package with all that they import by a relative path, by their paths within the folder; nothing of it is changed or bundled. */
export function modulesFrom(folder: string, entries: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue;
    const file = posix.join(folder.replaceAll('\\', '/'), path);
    found.set(path, file);
    for (const specifier of importsOf(readFileSync(file, 'utf8'))) waiting.push(posix.join(posix.dirname(path), specifier));
  }
  return found;
}

/** Statements stand at the beginning of a line; so no text inside of a module is taken for one. */
const importsOf = (source: string): string[] =>
  [...source.matchAll(/^(?:import|export)\b[^'"\n]*["'](\.{1,2}\/[^"']+\.js)["']/gm)].map((match) => match[1] ?? '');
