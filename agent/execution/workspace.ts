import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';

/** Makes the folder of an attempt, empty and for the agent's user alone. */
export function makeWorkspace(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  mkdirSync(path, { recursive: true, mode: 0o700 });
}

/** Removes it, if it is there, with all that the work left in it. Throws if something cannot be removed. */
export async function removeWorkspace(path: string): Promise<void> {
  // most leave nothing in it
  await rmdir(path).catch(() => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
}
