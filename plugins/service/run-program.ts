import { execFile } from 'node:child_process';

/** `exitCode` is null if the time was up: the program was then ended. */
export type ProgramEnd = { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string };

export type RunOptions = {
  readonly signal: AbortSignal;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutSeconds?: number;
};

/**
 * Runs a program for what it answers, without a shell, and without its answer in the log.
 * Rejects if it cannot be started (`error.code` is `ENOENT` if there is no such program), or was ended by the signal.
 */
export function runProgram(
  file: string,
  args: readonly string[],
  { signal, env = {}, timeoutSeconds = 0 }: RunOptions,
): Promise<ProgramEnd> {
  const options = {
    signal,
    env: { ...process.env, LC_ALL: 'C', ...env },
    timeout: timeoutSeconds * 1000,
    maxBuffer: 8 * 1024 * 1024,
    windowsHide: true,
  };
  return new Promise((resolve, reject) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error === null) resolve({ exitCode: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ exitCode: error.code, stdout, stderr });
      else if (error.killed === true && !signal.aborted && error.code === null) resolve({ exitCode: null, stdout, stderr });
      else reject(error);
    });
  });
}
