import { setTimeout as pause } from 'node:timers/promises';

/** Waits for a condition of the real world (a socket, a file, a process), and fails with a sentence when it does not come. */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>, patienceMs = 8_000): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`It never came to be: ${what}`);
    await pause(5);
  }
}
