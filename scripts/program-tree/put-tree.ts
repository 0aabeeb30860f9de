import { existsSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { TreeEntry } from './tree-entry.ts';

/** Plugins are files beside the program, and some of them are the user's own. */
const plugins = 'plugins';

/**
 * Puts a program into its folder: as a whole beside it first, then in its place, so that a copy that is cut off changes nothing. The one before
 * it stays beside it, as `FOLDER.before`, and plugins that are only there are taken along.
 */
export async function putTree(entries: readonly TreeEntry[], folder: string): Promise<void> {
  const [fresh, before] = [`${folder}.new`, `${folder}.before`];
  await rm(fresh, { recursive: true, force: true });
  await writeTree(entries, fresh);
  if (existsSync(folder)) {
    await keepOwnPlugins(folder, fresh);
    await rm(before, { recursive: true, force: true });
    await renameWhenFree(folder, before);
  }
  await renameWhenFree(fresh, folder);
}

const tries = 20;
const pauseMs = 500;

/** Windows keeps the folder of a program that is just ending, and of one that a virus scanner looks into. */
async function renameWhenFree(from: string, to: string): Promise<void> {
  for (let left = tries; ; left -= 1) {
    try {
      return await rename(from, to);
    } catch (error) {
      const isHeld = ['EPERM', 'EBUSY', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');
      if (!isHeld || left === 0 || process.platform !== 'win32') throw error;
      await pause(pauseMs);
    }
  }
}

/** Everybody may read it, and nobody but its owner change it, whatever the umask. */
async function writeTree(entries: readonly TreeEntry[], folder: string): Promise<void> {
  const made = new Set<string>();
  for (const entry of entries) {
    const place = join(folder, entry.path);
    await makeFolders(dirname(place), folder, made);
    if (entry.kind === 'link') {
      await symlink(entry.target, place);
      continue;
    }
    if ('text' in entry.content) await writeFile(place, entry.content.text);
    else await copyFile(entry.content.file, place);
    await chmod(place, entry.isExecutable ? 0o755 : 0o644);
  }
}

async function makeFolders(path: string, top: string, made: Set<string>): Promise<void> {
  if (made.has(path)) return;
  if (path !== top) await makeFolders(dirname(path), top, made);
  await mkdir(path, { recursive: path === top });
  await chmod(path, 0o755);
  made.add(path);
}

async function keepOwnPlugins(from: string, to: string): Promise<void> {
  const present = await readdir(join(from, plugins)).catch(() => []);
  for (const name of present) {
    if (existsSync(join(to, plugins, name))) continue;
    await cp(join(from, plugins, name), join(to, plugins, name), { recursive: true, preserveTimestamps: true });
  }
}
