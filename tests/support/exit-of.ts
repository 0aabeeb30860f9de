import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

const patienceMs = 15_000;

/**
 * Exit code and signal of a process that is about to end. One that does not end fails the test with what each of its threads waits for
 * (Linux), so that a hang which comes once in a thousand runs tells where it was.
 * @param said what it wrote so far
 */
export async function exitOf(child: ChildProcess, said: () => string): Promise<[number | null, NodeJS.Signals | null]> {
  try {
    return (await once(child, 'exit', { signal: AbortSignal.timeout(patienceMs) })) as [number | null, NodeJS.Signals | null];
  } catch (cause) {
    throw new Error(`It is still there. It said:\n${said()}\nIts threads:\n${threadsOf(child.pid)}`, { cause });
  }
}

function threadsOf(pid: number | undefined): string {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .map((thread) =>
        ['comm', 'wchan', 'syscall', 'stat'].map((file) => read(`/proc/${pid}/task/${thread}/${file}`)).join(' | '),
      )
      .join('\n');
  } catch {
    return 'unknown on this system';
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '?';
  }
}
