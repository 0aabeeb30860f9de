import { rmSync } from 'node:fs';
import type { Logger } from 'pino';
import { MusterError } from '../shared/errors.ts';
import type { Clock } from './clock.ts';
import { isDiskFull } from './disk.ts';
import { pause } from './execution/pause.ts';

const againAfterMs = 5000;

/**
 * Tries to start until the disk has room for it; what a full disk prevents needs patience, not a person. The reserve of the journal is given up
 * for it at once, because results may wait in that journal to be delivered.
 * @throws MusterError when the folder cannot be written for another reason
 */
export async function startWhenDiskHasRoom<Started>(
  resources: {
    readonly dir: string;
    readonly reserve: string;
    readonly clock: Clock;
    readonly log: Logger;
    readonly signal: AbortSignal;
  },
  start: () => Promise<Started>,
): Promise<Started> {
  const { dir, reserve, clock, log, signal } = resources;
  for (let tries = 1; ; tries += 1) {
    try {
      return await start();
    } catch (error) {
      if (!isDiskFull(error) || signal.aborted) throw sentenceFor(error, dir);
      log.warn({ err: error, folder: dir }, 'waits_for_disk_space');
      rmSync(reserve, { force: true });
      if (tries > 1) await pause(clock, againAfterMs, signal);
    }
  }
}

const unwritable = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EIO', 'ENOTDIR', 'EEXIST']);

function sentenceFor(cause: unknown, dir: string): unknown {
  const { code, message, syscall } = cause as NodeJS.ErrnoException;
  if (cause instanceof MusterError || syscall === undefined || !unwritable.has(code ?? '')) return cause;
  return new MusterError('state_conflict', `The agent cannot write its folder ${dir}: ${message}.`, { cause });
}
