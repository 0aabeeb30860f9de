import { randomBytes } from 'node:crypto';
import { constants, createReadStream, type Stats } from 'node:fs';
import { chmod, type FileHandle, lchown, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasOwnership, type Ownership } from './ownership.ts';
import type { Target } from './target.ts';

export type Placed = { readonly changed: boolean; readonly backup?: string };

const newFileMode = 0o644;

/**
 * Puts new content in place of a file in one step: written beside it, synced to the disk, then renamed over it. Whoever reads meanwhile sees
 * the old file or the new one, and a crash leaves one of the two. Owner, group and mode stay as they were unless they are told.
 * @param fill writes the content; if it throws, nothing has changed
 */
export async function replaceFile(
  { path, stats }: Target,
  ownership: Ownership,
  backup: boolean,
  fill: (file: FileHandle) => Promise<void>,
): Promise<Placed> {
  const fresh = join(dirname(path), `.${basename(path).slice(0, 200)}.${randomBytes(6).toString('hex')}.muster`);
  const file = await open(fresh, 'wx', 0o600);
  try {
    try {
      await fill(file);
      await dress(file, path, stats, ownership);
      await file.sync();
    } finally {
      await file.close();
    }
    const kept = backup && stats !== undefined ? await keepOld(path, stats) : undefined;
    await rename(fresh, path);
    await syncFolder(dirname(path));
    return { changed: true, ...(kept === undefined ? {} : { backup: kept }) };
  } catch (error) {
    await unlink(fresh).catch(() => {}); // what went wrong is the news; it may have been renamed already
    throw error;
  }
}

/** Mode and owner of a file or folder whose content stays. */
export async function setOwnership(path: string, stats: Stats, ownership: Ownership): Promise<Placed> {
  if (hasOwnership(ownership, stats)) return { changed: false };
  const { mode, uid = stats.uid, gid = stats.gid } = ownership;
  const file = await openSame(path, stats);
  try {
    if (uid !== stats.uid || gid !== stats.gid) await (file === undefined ? lchown(path, uid, gid) : file.chown(uid, gid));
    // after the owner, whose change takes setuid and setgid away
    const wanted = mode ?? stats.mode & 0o7777;
    await (file === undefined ? chmod(path, wanted) : file.chmod(wanted));
  } finally {
    await file?.close();
  }
  return { changed: true };
}

/**
 * The very thing that was looked at: a path could lead root to another one by now.
 * @returns undefined if its owner, not being root, may not read it
 */
async function openSame(path: string, stats: Stats): Promise<FileHandle | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const now = await file.stat();
    if (now.ino === stats.ino && now.dev === stats.dev) return file;
    await file.close();
    throw new Error(`${path} was replaced while it was looked at.`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return undefined;
    throw error;
  }
}

async function dress(file: FileHandle, path: string, old: Stats | undefined, { mode, uid, gid }: Ownership): Promise<void> {
  if (process.platform === 'win32') return;
  const fresh = await file.stat();
  const owner = uid ?? old?.uid ?? fresh.uid;
  const group = gid ?? old?.gid ?? fresh.gid;
  if (owner !== fresh.uid || group !== fresh.gid) {
    await file.chown(owner, group).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPERM') throw error;
      throw new Error(
        `${path} is to belong to user ${owner}, group ${group}: only root may give a file away. Nothing was changed.`,
      );
    });
  }
  await file.chmod(mode ?? (old === undefined ? newFileMode : old.mode & 0o7777));
}

/** By its handle from the first byte on: whoever may write into the folder could put a link in its place. */
async function keepOld(path: string, stats: Stats): Promise<string> {
  const kept = `${path}.${new Date().toISOString().replaceAll(/[-:.]/g, '')}.bak`;
  const copy = await open(kept, 'wx', 0o600);
  try {
    for await (const chunk of createReadStream(path)) await copy.appendFile(chunk as Buffer);
    if (process.platform !== 'win32') {
      const isOwned = await copy.chown(stats.uid, stats.gid).then(
        () => true,
        () => false,
      );
      // one that could not be given to its owner stays closed to the others
      if (isOwned) await copy.chmod(stats.mode & 0o777);
    }
    await copy.sync();
  } finally {
    await copy.close();
  }
  return kept;
}

/** So that the new name survives a power cut; where a folder cannot be synced (Windows), the file system sees to it. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
