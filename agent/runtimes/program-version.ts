import { execFile } from 'node:child_process';
import type { Environment } from '../execution/environment.ts';

const patienceMs = 10_000;

/** The version that a program tells of itself, or undefined. */
export function versionOf(
  file: string | undefined,
  env: Environment,
  args: readonly string[] = ['--version'],
): Promise<string | undefined> {
  if (file === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    execFile(file, args, { env, timeout: patienceMs, windowsHide: true }, (error, stdout, stderr) => {
      resolve(error === null ? (/\d+(\.\d+)+/.exec(`${stdout}\n${stderr}`)?.[0] ?? 'unknown') : undefined);
    });
  });
}
