import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { type Disk, writeWhole } from '../disk.ts';

/**
 * Room on the disk that is kept for the end of accepted work: a file that is given up when something else has filled the disk, so that
 * results can be journalled all the same. While it is not there, the agent takes no new work.
 */
export type Reserve = {
  isThere(): boolean;
  /** @returns whether that gave room */
  release(): boolean;
  /** Puts it back, if the disk has room for it. */
  refill(): void;
};

export const reserveBytes = 1024 * 1024;

export function openReserve(path: string, disk: Disk): Reserve {
  let isThere = isWhole(path);

  function refill(): void {
    if (isThere) return;
    try {
      fill(path, disk);
      isThere = true;
    } catch {
      // half of it would take the room that is missing
      remove();
    }
  }

  function remove(): void {
    try {
      disk.rmSync(path, { force: true });
    } catch {
      // a disk that cannot be written any more gives no room either
    }
  }

  refill();
  return {
    isThere: () => isThere,
    release() {
      if (!isThere) return false;
      isThere = false;
      remove();
      return true;
    },
    refill,
  };
}

/** Bytes that no file system can make smaller. */
function fill(path: string, disk: Disk): void {
  const fd = disk.openSync(path, 'w', 0o600);
  try {
    writeWhole(disk, fd, randomBytes(reserveBytes), 0);
    disk.fsyncSync(fd);
  } finally {
    disk.closeSync(fd);
  }
}

function isWhole(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.size === reserveBytes;
}
