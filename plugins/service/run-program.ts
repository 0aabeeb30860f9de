import { execFile } from 'node:child_process';

export type ProgramEnd = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/**
 * Runs a program for what it answers, without a shell, and without its answer in the log.
 * Rejects if it cannot be started (`error.code` is `ENOENT` if there is no such program), or was ended by the signal.
 */
export function runProgram(
  file: string,
  args: readonly string[],
  { signal, env = {} }: { readonly signal: AbortSignal; readonly env?: Readonly<Record<string, string>> },
): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    const options = { signal, env: { ...process.env, LC_ALL: 'C', ...env }, maxBuffer: 8 * 1024 * 1024, windowsHide: true };
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error === null) resolve({ exitCode: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ exitCode: error.code, stdout, stderr });
      else reject(error);
    });
  });
}
