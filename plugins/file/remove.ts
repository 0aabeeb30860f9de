import { readFileSync, rmSync } from 'node:fs';
import { realpath, rmdir, unlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, parse } from 'node:path';
import type { PluginResult } from '../../shared/plugin-api.ts';
import { fullPath, withSentence } from './refusal.ts';
import { statsOf } from './target.ts';

export type RemoveArgs = { readonly path: string; readonly recursive?: boolean; readonly dryRun?: boolean };

/** A link is removed itself, not what it leads to. */
export function removePath({ path: given, recursive = false, dryRun = false }: RemoveArgs): Promise<PluginResult> {
  const path = fullPath(given);
  return withSentence(path, 'remove', async () => {
    const stats = await statsOf(path);
    if (stats === undefined) return { status: 'success', message: `${path} is not there.`, data: { changed: false, path } };
    if (stats.isDirectory()) refuseFoldersOfTheHost(await realPlace(path), path);
    const kind = stats.isDirectory() ? 'the folder ' : '';
    if (dryRun) {
      const data = { changed: true, dryRun: true, path };
      return { status: 'success', message: `Would remove ${kind}${path} (dry run).`, data };
    }
    if (!stats.isDirectory()) await unlink(path);
    // the synchronous one follows no link that somebody puts there meanwhile
    else if (recursive) rmSync(path, { recursive: true });
    else await rmdir(path);
    return { status: 'success', message: `Removed ${kind}${path}.`, data: { changed: true, path } };
  });
}

/** Where it really is, links among its parents followed. */
const realPlace = async (path: string): Promise<string> =>
  parse(path).root === path ? path : join(await realpath(dirname(path)), basename(path));

/** What nobody means to remove, recursively or not; what is inside of them may be. */
function refuseFoldersOfTheHost(place: string, path: string): void {
  const same = process.platform === 'win32' ? place.toLowerCase() : place;
  const { root } = parse(place);
  if (place === root) throw new Error(`${path} is the root of the file system: that is not removed.`);
  if (dirname(place) === root) throw new Error(`${path} is a folder at the root of the file system: those are not removed.`);
  const homes = [homedir(), ...homesOfPeople()].map((home) => (process.platform === 'win32' ? home.toLowerCase() : home));
  const isHome =
    homes.includes(same) ||
    /^(\/home|\/Users|[a-z]:\\users)$/.test(process.platform === 'win32' ? dirname(same) : dirname(place));
  if (isHome) throw new Error(`${path} is a home folder: that is not removed.`);
}

function homesOfPeople(): string[] {
  try {
    return readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .flatMap(([, , uid, , , home = '']) => (home !== '' && (uid === '0' || Number(uid) >= 1000) ? [home] : []));
  } catch {
    return []; // Windows
  }
}
