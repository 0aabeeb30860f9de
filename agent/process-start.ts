import { readFileSync } from 'node:fs';

/**
 * A mark of the time at which a process started. Together with its pid it names a process for good, while a pid alone is used again.
 * Undefined where the platform does not tell it cheaply, or when there is no such process.
 */
export function processStartMark(pid: number): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // the name of the program is in parentheses and may hold anything; the start time is the 20th field after it
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8);
    return `${boot}-${ticks}`;
  } catch {
    return undefined;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
