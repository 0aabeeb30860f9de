import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** A folder in memory, where there is one: thousands of commits that no power cut will ever try need not wait for a disk. */
export const memoryFolder = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
