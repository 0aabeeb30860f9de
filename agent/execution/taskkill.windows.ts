import { execFile } from 'node:child_process';
import { join } from 'node:path';

/**
 * Ends a process and all that descends from it, which can only be found while each of them has its parent. Without `/F` it only asks, which
 * programs without a window cannot hear. Settles when taskkill is done; its exit code says no more than whether the process was there.
 */
export function taskkill(pid: number, options: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    execFile(inSystem32('taskkill.exe'), ['/PID', String(pid), '/T', ...options], { windowsHide: true }, () => resolve());
  });
}

export const inSystem32 = (...path: string[]): string => join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', ...path);
