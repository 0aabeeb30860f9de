import { spawn } from 'node:child_process';

export type ProgramEnd = {
  readonly exitCode: number | null;
  readonly stdout: string;
  /** the last lines of what it complained about */
  readonly complaints: readonly string[];
};

export type RunOptions = {
  readonly env?: Readonly<Record<string, string>>;
  /** its standard output is for the plugin alone, and does not go to the log */
  readonly quiet?: boolean;
};

const mostBytes = 32 * 1024 * 1024;
const complaintsKept = 50;

/**
 * Runs a program without a shell, with its output in the log. When the work is cancelled, the agent asks the whole process tree to end, and kills it
 * a grace time later: a package manager that was told twice would leave more undone than one that was told once.
 */
export function runProgram(
  file: string,
  args: readonly string[],
  { env = {}, quiet = false }: RunOptions = {},
): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C', ...env },
      windowsHide: true,
    });
    const out: string[] = [];
    let size = 0;
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      size += text.length;
      if (size <= mostBytes) out.push(text);
      if (!quiet) process.stdout.write(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-64 * 1024);
      process.stderr.write(text);
    });
    child.on('error', reject);
    child.on('close', (exitCode) => {
      const complaints = errors.split('\n').map((line) => line.trim());
      resolve({ exitCode, stdout: out.join(''), complaints: complaints.filter((line) => line !== '').slice(-complaintsKept) });
    });
  });
}
