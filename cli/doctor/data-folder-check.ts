import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Finding } from '../output/findings.ts';
import { formatBytes } from '../output/sizes.ts';

const what = 'data folder';
const little = 1024 ** 3;
const tooLittle = 64 * 1024 ** 2;

/** Rights and space of the folder that holds everything the server keeps. */
export function checkDataFolder(path: string): Finding[] {
  const there = existsSync(path);
  const place = there ? path : nearestFolder(path);
  try {
    if (!statSync(place).isDirectory()) return [fail(`${place} is no folder.`, 'Move the file away, or set MUSTER_DATA_DIR.')];
    accessSync(place, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EACCES' || code === 'EROFS' ? 'is not writable for this user' : `cannot be used (${code})`;
    return [fail(`${place} ${why}.`, 'Start as the user that owns it, or set MUSTER_DATA_DIR to a folder of your own.')];
  }
  return [there ? ok(path) : ok(`${path} will be made`), ...rights(path, there), ...space(place)];
}

function rights(path: string, there: boolean): Finding[] {
  if (!there || process.platform === 'win32') return [];
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) === 0) return [];
  return [
    {
      level: 'warn',
      what,
      detail: `Others on this host can look into ${path} (mode ${mode.toString(8)}).`,
      remedy: `chmod 700 '${path}'`,
    },
  ];
}

function space(place: string): Finding[] {
  const { bavail, bsize } = statfsSync(place);
  const free = bavail * bsize;
  if (free >= little) return [];
  const detail = `Only ${formatBytes(free)} are free.`;
  const remedy = 'Free some space, or set MUSTER_DATA_DIR to a larger file system.';
  return [free < tooLittle ? fail(detail, remedy) : { level: 'warn', what, detail, remedy }];
}

function nearestFolder(path: string): string {
  const parent = dirname(path);
  return parent === path || existsSync(parent) ? parent : nearestFolder(parent);
}

const ok = (detail: string): Finding => ({ level: 'ok', what, detail });
const fail = (detail: string, remedy: string): Finding => ({ level: 'fail', what, detail, remedy });
