import { execFile } from 'node:child_process';

export type ProgramEnd = { readonly exitCode: number; readonly output: string };

/** Runs a tool of the host. What it writes, to both outputs, is for messages. */
export const runProgram = (file: string, ...args: readonly string[]): Promise<ProgramEnd> =>
  new Promise((resolve) => {
    execFile(file, args, { windowsHide: true }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 127;
      const output = `${stdout}${stderr}`.trim();
      resolve({ exitCode, output: output === '' && error !== null ? error.message : output });
    });
  });
