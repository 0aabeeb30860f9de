import * as fs from 'node:fs';
import { basename, join } from 'node:path';
import type { Disk } from '../../../agent/disk.ts';
import { reserveBytes } from '../../../agent/journal/reserve.ts';

/**
 * The disk under one life of an agent: real files in a folder of its own, and the hand of the test on the rest. An fsync is over when the
 * test says so, so that a history is the same each time it is told; and the disk knows what a loss of power would leave.
 */
export type HostDisk = Disk & {
  readonly folder: string;
  /** writes fail with ENOSPC */
  isFull: boolean;
  /** an fsync takes until this is false again */
  isSlow: boolean;
  /** @returns how many were waited for */
  finishSyncs(): number;
  /** The folder of the next life, as the death of the process leaves it now. */
  afterDeath(next: string): HostDisk;
  /** The same, with only a part (0 to 1) of what no fsync has seen. */
  afterPowerLoss(next: string, kept: number): HostDisk;
};

export const journalOf = (folder: string): string => join(folder, 'journal');
export const spoolOf = (folder: string): string => join(folder, 'spool');

/** @param synced bytes of each file, by its name, that are safe from a loss of power */
export function createHostDisk(folder: string, synced = new Map<string, number>()): HostDisk {
  fs.mkdirSync(spoolOf(folder), { recursive: true });
  // its content is of no interest here, and a sparse file costs nothing
  const reserve = `${journalOf(folder)}.reserve`;
  fs.writeFileSync(reserve, '');
  fs.truncateSync(reserve, reserveBytes);
  const names = new Map<number, string>();
  let waiting: { readonly name: string; readonly size: number; readonly done: () => void }[] = [];

  const nameOf = (fd: number): string => names.get(fd) ?? '';
  const sizeOf = (fd: number): number => fs.fstatSync(fd).size;
  function full(): void {
    if (disk.isFull) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  }

  function copyTo(next: string): HostDisk {
    fs.mkdirSync(spoolOf(next), { recursive: true });
    for (const path of filesOf(folder)) fs.copyFileSync(path, path.replace(folder, next));
    const after = createHostDisk(next, new Map(synced));
    after.isFull = disk.isFull;
    after.isSlow = disk.isSlow;
    return after;
  }

  const calls: Disk = {
    openSync(path, flags, mode) {
      const fd = fs.openSync(path, flags, mode);
      names.set(fd, basename(String(path)));
      return fd;
    },
    closeSync: fs.closeSync,
    writeSync: ((...args: Parameters<typeof fs.writeSync>) => {
      full();
      return fs.writeSync(...args);
    }) as typeof fs.writeSync,
    ftruncateSync(fd, size) {
      synced.set(nameOf(fd), Math.min(synced.get(nameOf(fd)) ?? 0, Number(size ?? 0)));
      fs.ftruncateSync(fd, size);
    },
    fsyncSync: (fd) => void synced.set(nameOf(fd), sizeOf(fd)),
    fdatasync: ((fd: number, callback: (error: null) => void) => {
      waiting.push({ name: nameOf(fd), size: sizeOf(fd), done: () => callback(null) });
    }) as typeof fs.fdatasync,
    renameSync(from, to) {
      synced.set(basename(String(to)), synced.get(basename(String(from))) ?? 0);
      fs.renameSync(from, to);
    },
    rmSync(path, options) {
      synced.delete(basename(String(path)));
      fs.rmSync(path, options);
    },
  };
  const disk: HostDisk = {
    ...calls,
    folder,
    isFull: false,
    isSlow: false,
    finishSyncs() {
      if (disk.isSlow) return 0;
      const due = waiting;
      waiting = [];
      for (const { name, size, done } of due) {
        synced.set(name, Math.max(size, synced.get(name) ?? 0));
        done();
      }
      return due.length;
    },
    afterDeath: copyTo,
    afterPowerLoss(next, kept) {
      const after = copyTo(next);
      for (const path of filesOf(next)) {
        const safe = synced.get(basename(path)) ?? 0;
        const { size } = fs.statSync(path);
        if (size > safe) fs.truncateSync(path, safe + Math.floor((size - safe) * kept));
      }
      return after;
    },
  };
  return disk;
}

const filesOf = (folder: string): string[] => [
  ...(fs.existsSync(journalOf(folder)) ? [journalOf(folder)] : []),
  ...fs.readdirSync(spoolOf(folder)).map((name) => join(spoolOf(folder), name)),
];
