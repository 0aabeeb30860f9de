import { statfs } from 'node:fs/promises';
import type { ServerSettings } from '../../../shared/settings-server.ts';
import type { Clock } from '../../platform/clock.ts';
import type { FileDatabase } from '../../platform/db/open.ts';
import type { Database } from '../../schema/schema.ts';
import { blockSeconds, levelsOf } from '../metrics/levels.ts';
import { firstAuditEntry, firstLogEnd, firstMetrics, firstRunEnd, someChunks, someMetrics } from './storage.store.ts';

/** How much is kept now, as far as it can be told without counting. Times are ms. */
export type StorageFigures = {
  readonly database: { readonly bytes: number; readonly freeBytes: number };
  /** on the disk that holds the data folder; null: it cannot be told */
  readonly disk: { readonly bytes: number; readonly freeBytes: number } | null;
  readonly artifactBytes: number;
  readonly runs: About;
  readonly executions: number;
  readonly logs: About;
  readonly metrics: About;
  readonly audit: About;
};

/** About so much (rows, or bytes), and since when; null: there is nothing. */
export type About = { readonly about: number; readonly since: number | null };

export type StorageResources = {
  readonly db: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly port: Pick<FileDatabase<unknown>, 'space' | 'rowsAbout'>;
  readonly settings: ServerSettings;
  readonly artifactBytes: () => Promise<number>;
  readonly hosts: () => number;
};

const sampled = 100;

export async function readStorage({
  db,
  clock,
  port,
  settings,
  artifactBytes,
  hosts,
}: StorageResources): Promise<StorageFigures> {
  const { read } = db;
  const [run, log, entry, newest, oldest, artifacts, disk, metrics] = await Promise.all([
    firstRunEnd(read),
    firstLogEnd(read),
    firstAuditEntry(read),
    someChunks(read, 'newest', sampled),
    someChunks(read, 'oldest', sampled),
    artifactBytes(),
    diskOf(settings.dataDir),
    metricsOf(read),
  ]);
  return {
    database: port.space(),
    disk,
    artifactBytes: artifacts,
    runs: { about: port.rowsAbout('runs'), since: run?.at ?? null },
    executions: port.rowsAbout('executions'),
    logs: { about: Math.round(port.rowsAbout('log_chunks') * meanOf([...newest, ...oldest])), since: log?.at ?? null },
    metrics,
    audit: { about: port.rowsAbout('audit'), since: entry?.at ?? null },
  };

  /** Every host has one row in each block of time, for as long as a resolution is kept. */
  async function metricsOf(reader: Database['read']): Promise<About> {
    let bytes = 0;
    let since: number | null = null;
    for (const { stepSeconds, keepSeconds } of Object.values(levelsOf(settings))) {
      const start = (await firstMetrics(reader, stepSeconds))?.start;
      if (start === undefined) continue;
      const seconds = Math.min(keepSeconds, Math.max(1, clock.now() / 1000 - start));
      const blocks = Math.ceil(seconds / blockSeconds(stepSeconds));
      bytes += blocks * hosts() * meanOf(await someMetrics(reader, stepSeconds, sampled));
      since = Math.min(since ?? start * 1000, start * 1000);
    }
    return { about: Math.round(bytes), since };
  }
}

const meanOf = (rows: readonly { readonly bytes: number }[]): number =>
  rows.reduce((sum, { bytes }) => sum + bytes, 0) / Math.max(1, rows.length);

async function diskOf(folder: string): Promise<StorageFigures['disk']> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return { bytes: blocks * bsize, freeBytes: bavail * bsize };
  } catch {
    // some file systems do not tell
    return null;
  }
}
