import * as fs from 'node:fs';

/** The calls by which journal and spool write, so that a test can let each of them fail. */
export type Disk = Pick<
  typeof fs,
  'openSync' | 'closeSync' | 'writeSync' | 'ftruncateSync' | 'fsyncSync' | 'fdatasync' | 'renameSync' | 'rmSync'
>;

export const systemDisk: Disk = fs;

/** There is no room: of the disk, or of what this user may have of it. */
export const isDiskFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '');

/** Writes all of it, or throws. */
export function writeWhole(disk: Pick<Disk, 'writeSync'>, fd: number, bytes: Buffer, position: number): void {
  for (let at = 0; at < bytes.length; ) at += disk.writeSync(fd, bytes, at, bytes.length - at, position + at);
}
