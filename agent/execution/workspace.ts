import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';

/** Makes the folder of an attempt, empty and for the agent's user alone. */
export function makeWorkspace(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  mkdirSync(path, { recursive: true, mode: 0o700 });
}

/** Removes it with all that the work left in it. Throws if something cannot be removed. */
export async function removeWorkspace(path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}
