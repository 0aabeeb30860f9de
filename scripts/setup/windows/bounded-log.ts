import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export type BoundedLog = { write(data: Buffer): void; close(): void };

/** A file that grows to about `maxBytes`, and the one before it, as `FILE.1`. */
export function openBoundedLog(file: string, maxBytes: number): BoundedLog {
  mkdirSync(dirname(file), { recursive: true });
  let handle = openSync(file, 'a', 0o600);
  let bytes = fstatSync(handle).size;
  return {
    write(data) {
      if (bytes > maxBytes) {
        closeSync(handle);
        renameSync(file, `${file}.1`);
        handle = openSync(file, 'a', 0o600);
        bytes = 0;
      }
      bytes += writeSync(handle, data);
    },
    close: () => closeSync(handle),
  };
}
