import { statfs } from 'node:fs/promises';
import { MusterError } from '../shared/errors.ts';
import { noteTimeIn } from './features/tasks/time-shift.service.ts';
import type { Clock } from './platform/clock.ts';
import { type DiskWatch, type DiskWatchOptions, isDiskFailure, watchDisk } from './platform/db/disk-watch.ts';
import type { FileDatabase } from './platform/db/open.ts';
import type { Tables } from './schema/schema.ts';

type DataDiskOptions = Pick<DiskWatchOptions<unknown>, 'onFailing' | 'onWell'> & {
  readonly dataDir: string;
  readonly clock: Pick<Clock, 'now'>;
};

/** A full disk counts as one until there is so much space: a few kilobytes would be gone at once. */
const leastFreeBytes = 2 * 1024 * 1024;

/** Whether the disk that holds the data folder takes what is written. Its probe throws only what is no matter of the disk. */
export function watchDataDisk(
  port: FileDatabase<Tables>,
  { dataDir, clock, ...told }: DataDiskOptions,
): DiskWatch<FileDatabase<Tables>> {
  const disk = watchDisk(port, {
    async write(db) {
      const { bavail, bsize } = await statfs(dataDir);
      if (bavail * bsize < leastFreeBytes) throw new MusterError('disk_full', `The disk that holds ${dataDir} is nearly full.`);
      await db.write((writer) => noteTimeIn(writer, clock.now()));
    },
    ...told,
  });
  return {
    ...disk,
    async probe() {
      // that it still cannot be written is no news
      await disk.probe().catch((error: unknown) => {
        if (!isDiskFailure(error)) throw error;
      });
    },
  };
}
