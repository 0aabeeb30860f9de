import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export type BoundedLog = { write(data: Buffer): void; close(): void };

/**
 * A file that grows to about `maxBytes`, and the one before it, as `FILE.1`. Who writes is not stopped by a full disk, or by somebody who has the
 * file open and keeps it from being renamed: the first loses lines, the second makes the file longer.
 */
export function openBoundedLog(file: string, maxBytes: number): BoundedLog {
  mkdirSync(dirname(file), { recursive: true });
  let handle: number | undefined = openSync(file, 'a', 0o600);
  let bytes = fstatSync(handle).size;

  function turn(): void {
    close();
    attempt(() => renameSync(file, `${file}.1`));
    bytes = 0;
  }
  function close(): void {
    if (handle !== undefined) closeSync(handle);
    handle = undefined;
  }

  return {
    write(data) {
      if (bytes > maxBytes) turn();
      attempt(() => {
        handle ??= openSync(file, 'a', 0o600);
        bytes += writeSync(handle, data);
      });
    },
    close,
  };
}

function attempt(step: () => void): void {
  try {
    step();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}
