import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { type AttemptKey, fileNameOf, keyOf } from '../attempt-key.ts';
import type { Clock } from '../clock.ts';
import { type Disk, systemDisk } from '../disk.ts';
import type { HeldChunk } from '../journal/journal-records.ts';
import { openSpool, type Spool } from './spool.ts';

/** The folder of the attempts' outputs, and the timer that flushes them: one for all. */
export type SpoolFolder = {
  open(
    key: AttemptKey,
    options: {
      readonly logFrom: number;
      readonly limitBytes: number;
      readonly found?: { readonly ended: readonly HeldChunk[] | undefined };
    },
    sendable: () => void,
  ): Spool;
  /** Removes what belongs to no attempt of the journal. */
  keepOnly(keys: Iterable<AttemptKey>): void;
  close(): void;
};

/** How long output may wait for company before it is written and sent. */
const flushAfterMs = 20;

export function openSpoolFolder({
  path,
  clock,
  log,
  disk = systemDisk,
}: {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly disk?: Disk;
}): SpoolFolder {
  /** in the order in which their output came, with the time of it */
  const waiting = new Map<Spool, number>();
  let cancelTimer: (() => void) | undefined;

  function flushDue(): void {
    cancelTimer = undefined;
    for (const [spool, since] of waiting) {
      const rest = since + flushAfterMs - clock.monotonic();
      if (rest > 0) {
        cancelTimer = clock.after(rest, flushDue);
        return;
      }
      waiting.delete(spool);
      spool.flush();
    }
  }

  return {
    open(key, { logFrom, limitBytes, found }, sendable) {
      const spool = openSpool(
        {
          base: join(path, fileNameOf(key)),
          logFrom,
          limitBytes,
          disk,
          events: {
            pending() {
              waiting.set(spool, clock.monotonic());
              cancelTimer ??= clock.after(flushAfterMs, flushDue);
            },
            sendable() {
              waiting.delete(spool);
              sendable();
            },
            failed: (error) => log.error({ err: error, attempt: keyOf(key) }, 'output_not_written'),
          },
        },
        found,
      );
      const release = (): void => {
        waiting.delete(spool);
      };
      return {
        ...spool,
        finish(at) {
          release();
          return spool.finish(at);
        },
        remove() {
          release();
          spool.remove();
        },
      };
    },
    keepOnly(keys) {
      const kept = new Set([...keys].map(fileNameOf));
      for (const name of readdirSync(path)) {
        if (!kept.has(name.replace(/\.tail-\d+$/, ''))) rmSync(join(path, name), { force: true, recursive: true });
      }
    },
    close() {
      cancelTimer?.();
      for (const spool of waiting.keys()) spool.flush();
      waiting.clear();
    },
  };
}
