import { closeSync, constants, openSync } from 'node:fs';

/** libuv's flag for a file that nobody else can open while it is open. Node has no name for it. */
const exclusively = 0x1000_0000;
/** A virus scanner may look into the file in just this moment. */
const tries = 20;
const waitMs = 50;

/** Held until it is released, or this process has ended, however it ends. @returns undefined: another process holds it */
export function holdFile(path: string): { release(): void } | undefined {
  for (let left = tries; left > 0; left -= 1) {
    try {
      const handle = openSync(path, constants.O_RDWR | constants.O_CREAT | exclusively, 0o600);
      return { release: () => closeSync(handle) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs);
  }
  return undefined;
}
