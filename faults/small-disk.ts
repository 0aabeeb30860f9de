import { execFileSync } from 'node:child_process';
import { closeSync, cpSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A folder on a small file system of its own, which can be filled to the last byte. */
export type SmallDisk = {
  fill(): void;
  free(): void;
  unmount(): void;
  /** Unmounts it, and leaves a copy of what it held in the folder. */
  keepCopy(): void;
};

/** Only root may mount, and only Linux has tmpfs. */
export const canMount = (): boolean => process.platform === 'linux' && process.getuid?.() === 0;

export function mountSmallDisk(folder: string, megabytes: number): SmallDisk | undefined {
  if (!canMount()) return undefined;
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'muster-faults', folder], { stdio: 'pipe' });
  } catch {
    return undefined; // a container without the right to mount
  }
  const ballast = join(folder, '.ballast');
  return {
    fill() {
      const fd = openSync(ballast, 'w');
      try {
        for (let size = 1024 * 1024; size >= 512; ) {
          try {
            if (writeSync(fd, Buffer.alloc(size)) < size) size /= 2;
          } catch {
            size /= 2;
          }
        }
      } finally {
        closeSync(fd);
      }
    },
    free,
    unmount,
    keepCopy() {
      free();
      const copy = `${folder}.copy`;
      cpSync(folder, copy, { recursive: true, filter: (path) => !path.endsWith('.sock') });
      unmount();
      rmSync(folder, { recursive: true, force: true });
      renameSync(copy, folder);
    },
  };

  function free(): void {
    rmSync(ballast, { force: true });
  }

  function unmount(): void {
    try {
      execFileSync('umount', ['-l', folder], { stdio: 'pipe' });
    } catch {
      // it is not mounted any more
    }
  }
}
