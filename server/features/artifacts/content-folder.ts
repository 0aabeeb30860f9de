import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { MusterError } from '../../../shared/errors.ts';

/**
 * The content of artifacts by its SHA-256, `<folder>/ab/<sha256>`; what arrives piece by piece grows in `<folder>/incoming/`. Nothing is
 * ever whole in memory.
 */
export type ContentFolder = {
  /** Appends at `offset`, if that is where it ends. @returns where it ends now */
  append(incoming: string, offset: number, bytes: Uint8Array): Promise<number>;
  /** @returns false if it is not what its hash says; then it has to arrive anew */
  finish(incoming: string, sha256: string): Promise<boolean>;
  /** Of all that has begun to arrive and is not whole, besides one. */
  incomingBytes(except: string): Promise<number>;
  has(sha256: string): Promise<boolean>;
  /** in pieces; throws `not_found` when it is not there */
  read(sha256: string): Promise<AsyncIterable<Uint8Array>>;
  /** Removes what nobody uses and was not touched since. */
  prune(isUsed: (sha256: string) => Promise<boolean>, notSince: number, signal: AbortSignal): Promise<number>;
};

export function createContentFolder(path: string, now: () => number): ContentFolder {
  const incomingFolder = join(path, 'incoming');
  const fileOf = (sha256: string): string => join(path, sha256.slice(0, 2), sha256);
  const incomingOf = (name: string): string => join(incomingFolder, createHash('sha256').update(name).digest('hex'));

  async function has(sha256: string): Promise<boolean> {
    return (await sizeOf(fileOf(sha256))) !== undefined;
  }

  /** of what is not whole, by the name of its file; read from the folder when it is needed first */
  let arriving: Map<string, number> | undefined;
  const note = (file: string, size: number | undefined): void => {
    if (size === undefined) arriving?.delete(file);
    else arriving?.set(file, size);
  };

  async function sizesOfArriving(): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    for (const name of await entriesOf(incomingFolder)) {
      const file = join(incomingFolder, name);
      sizes.set(file, (await sizeOf(file)) ?? 0);
    }
    return sizes;
  }

  return {
    has,
    async incomingBytes(except) {
      arriving ??= await sizesOfArriving();
      const own = arriving.get(incomingOf(except)) ?? 0;
      return [...arriving.values()].reduce((sum, size) => sum + size, 0) - own;
    },
    async append(incoming, offset, bytes) {
      await mkdir(incomingFolder, { recursive: true, mode: 0o700 });
      const file = await open(incomingOf(incoming), 'a', 0o600);
      try {
        const { size } = await file.stat();
        if (size !== offset) return size;
        await file.appendFile(bytes);
        await file.utimes(now() / 1000, now() / 1000);
        note(incomingOf(incoming), size + bytes.length);
        return size + bytes.length;
      } catch (error) {
        throw (error as NodeJS.ErrnoException).code === 'ENOSPC'
          ? new MusterError('disk_full', 'The disk of the server has no room for this artifact now.', { cause: error })
          : error;
      } finally {
        await file.close();
      }
    },
    async finish(incoming, sha256) {
      const from = incomingOf(incoming);
      if ((await sizeOf(from)) !== undefined) {
        if ((await hashOf(from)) !== sha256) {
          await rm(from, { force: true });
          note(from, undefined);
          return false;
        }
        await sync(from, 'r+');
        const folder = join(path, sha256.slice(0, 2));
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await rename(from, fileOf(sha256));
        note(from, undefined);
        // its agent removes the file once it is told: the name has to be on disk too
        if (process.platform !== 'win32') for (const each of [folder, path]) await sync(each, 'r');
      } else if (!(await has(sha256))) return false;
      // its age protects it until its row is there
      await utimes(fileOf(sha256), now() / 1000, now() / 1000);
      return true;
    },
    async read(sha256) {
      if (!(await has(sha256)))
        throw new MusterError('not_found', 'The content of this artifact is not on this server: backups do not hold it.');
      return piecesOf(fileOf(sha256));
    },
    async prune(isUsed, notSince, signal) {
      let removed = 0;
      for (const folder of await entriesOf(path)) {
        for (const name of await entriesOf(join(path, folder))) {
          if (signal.aborted) return removed;
          const file = join(path, folder, name);
          const touched = (await stat(file).catch(() => undefined))?.mtimeMs ?? Number.POSITIVE_INFINITY;
          if (touched > notSince || (folder !== 'incoming' && (await isUsed(name)))) continue;
          await rm(file, { force: true });
          note(file, undefined);
          removed += 1;
        }
      }
      return removed;
    },
  };
}

/** Opened when the first piece is asked for, which the answer to a HEAD never does. */
async function* piecesOf(file: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(file) as AsyncIterable<Uint8Array>;
}

async function sync(path: string, flags: 'r' | 'r+'): Promise<void> {
  const file = await open(path, flags);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

const sizeOf = async (file: string): Promise<number | undefined> => (await stat(file).catch(() => undefined))?.size;
const entriesOf = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(file)) hash.update(bytes as Buffer);
  return hash.digest('hex');
}
