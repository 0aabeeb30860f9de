import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Replaces a file in one step: after a crash at any instant it holds either the old text or the new one, whole.
 * @param mode permissions of the file
 */
export function writeDurably(path: string, text: string, mode = 0o600): void {
  const fresh = `${path}.new`;
  const fd = openSync(fresh, 'w', mode);
  try {
    writeFileSync(fd, text);
    fsyncSync(fd);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  renameSync(fresh, path);
  syncFolder(dirname(path));
}

/** Makes names that were added to a folder, or renamed in it, survive a loss of power. Windows does this by itself. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
