import { writeSync } from 'node:fs';

/** A reader that does not read holds the agent up for so long at most, per line. */
const maxWaits = 20;
const waitMs = 5;

/**
 * Where log lines go: to a file descriptor, at once. A line that cannot be written (a full disk behind it, a reader that is gone) is
 * dropped: a ledger that is asked to say 507 must not end for its log.
 */
export function createLogOutput(fd: number): { write(line: string): void } {
  return {
    write(line) {
      const bytes = Buffer.from(line, 'utf8');
      for (let at = 0, waits = 0; at < bytes.length; ) {
        try {
          at += writeSync(fd, bytes, at);
        } catch (error) {
          // somebody who shares the pipe may have made it non-blocking
          if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || waits === maxWaits) return;
          waits += 1;
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs);
        }
      }
    },
  };
}
