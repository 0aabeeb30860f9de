import type { Stats } from 'node:fs';
import { lstat, mkdir, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fullPath } from './refusal.ts';

/** A regular file, there already or to be. */
export type Target = { readonly path: string; readonly stats: Stats | undefined };

export type TargetArgs = { readonly path: string; readonly followLinks?: boolean };

/**
 * A link is not followed unless that is said: whoever may write into a folder could lead root's writing elsewhere. Links among the parents
 * are followed, as always.
 */
export async function findTarget({ path: given, followLinks = false }: TargetArgs): Promise<Target> {
  const path = fullPath(given);
  if (/[\\/]$/.test(given)) throw new Error(`${given} names a folder: give the path of a file.`);
  const stats = await statsOf(path);
  if (stats?.isSymbolicLink() === true) {
    if (!followLinks) throw new Error(`${path} is a symbolic link: set \`followLinks\`, or give the path that it leads to.`);
    const end = await realpath(path).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? new Error(`${path} is a symbolic link that leads nowhere.`) : error;
    });
    return findTarget({ path: end });
  }
  if (stats?.isDirectory() === true) throw new Error(`${path} is a folder, not a file.`);
  if (stats !== undefined && !stats.isFile()) throw new Error(`${path} is not a regular file but a device, a socket or a pipe.`);
  return { path, stats };
}

export async function findExisting(args: TargetArgs): Promise<Target & { readonly stats: Stats }> {
  const { path, stats } = await findTarget(args);
  if (stats === undefined) throw new Error(`There is no file ${path}.`);
  return { path, stats };
}

export async function makeParents(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
}

/** Of the thing itself, not of what a link leads to; undefined: nothing is there. */
export async function statsOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
