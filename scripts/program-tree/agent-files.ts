import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Release, release } from '../../shared/release.ts';
import { fileEntry, type TreeEntry, textEntry } from './tree-entry.ts';

/** What a folder of executables says of itself; undefined: there is none. */
export function builtAgents(folder: string): Release | undefined {
  const file = join(folder, 'release.json');
  return existsSync(file) ? release.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}

/**
 * The executables as a server hands them out, in the one form that every host can unpack (gzip): the plain executable and the smaller forms
 * would make it three times as large.
 */
export function agentFiles(folder: string): TreeEntry[] {
  const built = builtAgents(folder);
  if (built === undefined) return [];
  const files = built.files.map((file) => ({ ...file, downloads: file.downloads.filter(({ encoding }) => encoding === 'gzip') }));
  return [
    textEntry('dist/agents/release.json', `${JSON.stringify({ ...built, files }, null, 2)}\n`),
    ...files.flatMap(({ downloads }) => downloads.map(({ name }) => fileEntry(`dist/agents/${name}`, join(folder, name)))),
  ];
}
