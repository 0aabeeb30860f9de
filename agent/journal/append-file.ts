import { constants } from 'node:fs';
import { dirname } from 'node:path';
import { type Disk, isDiskFull, writeWhole } from '../disk.ts';
import { syncFolder } from '../durable-file.ts';
import type { Reserve } from './reserve.ts';

/**
 * A file of lines that only grows. Lines appended in one turn of the event loop go out in one write, and all that wait for the disk at
 * that moment share one fsync; those that come while it runs share the next.
 */
export type AppendFile = {
  readonly size: () => number;
  /**
   * Settles when the line is written (it survives the death of this process) or on disk (it survives a loss of power). Rejects if that
   * is not possible: a line that could not be written wholly is taken back.
   */
  append(line: string, need: Need): Promise<void>;
  /** Writes what is appended without waiting for the end of the turn. */
  writeNow(): void;
  /** Replaces the whole content in one step, on disk when it returns. If that fails, the old content stays. Must not be called during an fsync. */
  replace(text: string): void;
  isSyncing(): boolean;
  /** Puts on disk what is written and what is appended still. */
  flush(): Promise<void>;
  close(): Promise<void>;
};

export type Need = {
  readonly until: 'written' | 'disk';
  /** on a full disk this line may use the reserve; others are refused */
  readonly mayUseReserve: boolean;
};

export type AppendFileResources = {
  readonly path: string;
  /** bytes to keep of the file; what follows is cut */
  readonly size: number;
  readonly disk: Disk;
  readonly reserve: Pick<Reserve, 'release'>;
  /** after each write and after each fsync */
  readonly onWritten: () => void;
};

type Appended = { readonly line: string } & Need & Waiter;
type Waiter = { readonly resolve: () => void; readonly reject: (error: unknown) => void };

export function openAppendFile(resources: AppendFileResources): AppendFile {
  const { path, disk, reserve, onWritten } = resources;
  const fresh = `${path}.new`;
  let { size } = resources;
  let fd = openToWrite(disk, path);
  disk.ftruncateSync(fd, size);
  let appended: Appended[] = [];
  let waiting: Waiter[] = [];
  let syncing: Promise<void> | undefined;

  function write(): void {
    const batch = appended;
    if (batch.length === 0) return;
    appended = [];
    const written = writeLines(batch);
    if (written.length === 0) return;
    for (const item of written) {
      if (item.until === 'written') item.resolve();
      else waiting.push(item);
    }
    if (waiting.length > 0) syncing ??= sync();
    onWritten();
  }

  /** @returns those that could be written; the others are rejected */
  function writeLines(batch: readonly Appended[]): readonly Appended[] {
    if (batch.length === 0) return batch;
    try {
      const bytes = Buffer.from(batch.map(({ line }) => line).join(''), 'utf8');
      writeWhole(disk, fd, bytes, size);
      size += bytes.length;
      return batch;
    } catch (error) {
      takeBack(disk, fd, size);
      const mustBe = batch.filter(({ mayUseReserve }) => mayUseReserve);
      for (const item of batch) if (!item.mayUseReserve) item.reject(error);
      // fewer lines may fit where all did not; and the reserve gives room once
      if (mustBe.length < batch.length || (isDiskFull(error) && mustBe.length > 0 && reserve.release()))
        return writeLines(mustBe);
      for (const { reject } of mustBe) reject(error);
      return [];
    }
  }

  async function sync(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await syncData(disk, fd);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    syncing = undefined;
    onWritten();
  }

  async function flush(): Promise<void> {
    write();
    await new Promise<void>((resolve, reject) => {
      waiting.push({ resolve, reject });
      syncing ??= sync();
    });
  }

  function replace(text: string): void {
    let freshFd: number | undefined;
    try {
      freshFd = disk.openSync(fresh, 'w+', 0o600);
      const bytes = Buffer.from(text, 'utf8');
      writeWhole(disk, freshFd, bytes, 0);
      disk.fsyncSync(freshFd);
      if (process.platform === 'win32') {
        // Windows replaces no file that is open
        disk.closeSync(freshFd);
        disk.closeSync(fd);
        try {
          disk.renameSync(fresh, path);
        } finally {
          freshFd = undefined;
          fd = openToWrite(disk, path);
        }
      } else {
        // instant: journal-compaction-half
        disk.renameSync(fresh, path);
        disk.closeSync(fd);
        fd = freshFd;
      }
      size = bytes.length;
    } catch (error) {
      if (freshFd !== undefined) disk.closeSync(freshFd);
      removeQuietly(disk, fresh);
      throw error;
    }
    syncFolder(dirname(path));
  }

  return {
    size: () => size,
    append(line, need) {
      return new Promise((resolve, reject) => {
        if (appended.push({ line, ...need, resolve, reject }) === 1) setImmediate(write);
      });
    },
    writeNow: write,
    replace,
    isSyncing: () => syncing !== undefined,
    flush,
    async close() {
      await flush().finally(() => disk.closeSync(fd));
    },
  };
}

/** Without the flag for appending, with which Windows could not cut a torn line; so each write says where it goes. */
const openToWrite = (disk: Disk, path: string): number => disk.openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);

/** A half-written line would swallow the one that follows it. */
function takeBack(disk: Disk, fd: number, size: number): void {
  try {
    disk.ftruncateSync(fd, size);
  } catch {
    // the next reader sees a damaged line, which its checksum tells; and the next line is written over it
  }
}

function removeQuietly(disk: Disk, path: string): void {
  try {
    disk.rmSync(path, { force: true });
  } catch {
    // the next start removes it
  }
}

const syncData = (disk: Disk, fd: number): Promise<void> =>
  new Promise((resolve, reject) => {
    disk.fdatasync(fd, (error) => (error ? reject(error) : resolve()));
  });
