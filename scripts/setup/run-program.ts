import { execFile } from 'node:child_process';

export type ProgramEnd = { readonly exitCode: number; readonly output: string };

export type HostProgram = { readonly file: string; readonly env: NodeJS.ProcessEnv };

/** Runs a tool of the host. What it writes, to both outputs, is for messages. */
export const runProgram = (program: string | HostProgram, ...args: readonly string[]): Promise<ProgramEnd> =>
  new Promise((resolve) => {
    const { file, env } = typeof program === 'string' ? { file: program, env: process.env } : program;
    execFile(file, args, { windowsHide: true, env }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 127;
      const output = `${stdout}${stderr}`.trim();
      resolve({ exitCode, output: output === '' && error !== null ? error.message : output });
    });
  });
