import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isLeftOver } from '../plugin-files.ts';
import type { Collection } from './collection.ts';

export type Walk = {
  readonly into: Collection;
  /** what stands before each path in the bundle; with a slash at its end, or empty */
  readonly prefix: string;
  readonly as: 'program' | 'library';
  /** @param path below the folder that is walked */
  readonly takes: (path: string, kind: 'file' | 'folder') => boolean;
};

/** Adds every file below a folder, without what is left behind by tools. Links are refused by the collection, not followed. */
export async function walkFolder(folder: string, walk: Walk, under = ''): Promise<void> {
  for (const entry of (await sortedEntries(join(folder, under))) ?? []) {
    if (isLeftOver(entry.name)) continue;
    const path = under === '' ? entry.name : `${under}/${entry.name}`;
    if (!walk.takes(path, entry.isDirectory() ? 'folder' : 'file')) continue;
    if (entry.isDirectory()) await walkFolder(folder, walk, path);
    else await walk.into.add(join(folder, path), `${walk.prefix}${path}`, walk.as);
  }
}

/** Sorted, so that the same folder is always read the same way. @returns undefined if it is not there */
export async function sortedEntries(folder: string): Promise<Dirent[] | undefined> {
  try {
    return (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
