import {
  closeSync,
  constants,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { syncFolder } from '../durable-file.ts';

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
  append(line: string, until: 'written' | 'disk'): Promise<void>;
  /** Writes what is appended without waiting for the end of the turn. */
  writeNow(): void;
  /** Replaces the whole content in one step, on disk when it returns. Waits for nothing and must not be called during an fsync. */
  replace(text: string): void;
  isSyncing(): boolean;
  /** Puts on disk what is written and what is appended still. */
  flush(): Promise<void>;
  close(): Promise<void>;
};

type Appended = { readonly line: string; readonly until: 'written' | 'disk' } & Waiter;
type Waiter = { readonly resolve: () => void; readonly reject: (error: unknown) => void };

const syncData = promisify(fdatasync);

/** @param size bytes to keep of the file; what follows is cut */
export function openAppendFile(
  path: string,
  size: number,
  events: { readonly written?: () => void; readonly synced?: () => void } = {},
): AppendFile {
  let fd = openToWrite(path);
  ftruncateSync(fd, size);
  let appended: Appended[] = [];
  let waiting: Waiter[] = [];
  let syncing: Promise<void> | undefined;

  function write(): void {
    const batch = appended;
    if (batch.length === 0) return;
    appended = [];
    try {
      size += writeWhole(fd, Buffer.from(batch.map(({ line }) => line).join(''), 'utf8'), size);
    } catch (error) {
      takeBack(fd, size);
      for (const { reject } of batch) reject(error);
      return;
    }
    for (const item of batch) {
      if (item.until === 'written') item.resolve();
      else waiting.push(item);
    }
    if (waiting.length > 0) syncing ??= sync();
    events.written?.();
  }

  async function sync(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await syncData(fd);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    syncing = undefined;
    events.synced?.();
  }

  function append(line: string, until: 'written' | 'disk'): Promise<void> {
    return new Promise((resolve, reject) => {
      if (appended.push({ line, until, resolve, reject }) === 1) setImmediate(write);
    });
  }

  async function flush(): Promise<void> {
    write();
    await new Promise<void>((resolve, reject) => {
      waiting.push({ resolve, reject });
      syncing ??= sync();
    });
  }

  return {
    size: () => size,
    append,
    writeNow: write,
    replace(text) {
      const fresh = `${path}.new`;
      writeSynced(fresh, text);
      // Windows replaces no file that is open
      closeSync(fd);
      try {
        renameSync(fresh, path);
        size = Buffer.byteLength(text);
      } finally {
        fd = openToWrite(path);
      }
      syncFolder(dirname(path));
    },
    isSyncing: () => syncing !== undefined,
    flush,
    async close() {
      await flush().finally(() => closeSync(fd));
    },
  };
}

/** Without the flag for appending, with which Windows could not cut a torn line; so each write says where it goes. */
const openToWrite = (path: string): number => openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);

function writeWhole(fd: number, bytes: Buffer, position: number): number {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, position + at);
  return bytes.length;
}

/** A half-written line would swallow the one that follows it. */
function takeBack(fd: number, size: number): void {
  try {
    ftruncateSync(fd, size);
  } catch {
    // the next reader sees a damaged line, which its checksum tells
  }
}

function writeSynced(path: string, text: string): void {
  const fd = openSync(path, 'w', 0o600);
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
