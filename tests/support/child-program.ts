import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import type { Readable } from 'node:stream';
import { type EntryName, entries, nodeFlags } from '../../cli/processes/entries.ts';

/**
 * A program of the product in a process of its own, started as `npx muster` does, with an environment of its own, and the last of what it
 * wrote for messages.
 */
export type ChildProgram = {
  readonly pid: number;
  readonly child: ChildProcess;
  /** the end of its output, both streams */
  output(): string;
  isRunning(): boolean;
  /** its exit code, or the signal that ended it; null while it runs */
  endedBy(): number | string | null;
  /** `kill -9`; settles when it is gone */
  kill(): Promise<void>;
  /** Asks it to end, and kills it if it does not; @returns whether it ended by itself, with exit code 0 */
  stop(patienceMs?: number): Promise<boolean>;
};

export type ChildProgramOptions = {
  /** of the product's source, or the file of a single executable, which inherits nothing but HOME */
  readonly program: EntryName | { readonly executable: string };
  readonly args?: readonly string[];
  /** beside PATH and HOME, which are all that it inherits */
  readonly env: Readonly<Record<string, string>>;
  /** further flags of Node */
  readonly flags?: readonly string[];
};

const keptOutput = 20_000;

export function startProgram({ program, args = [], env, flags = [] }: ChildProgramOptions): ChildProgram {
  const { PATH = '', HOME = '' } = process.env;
  const child =
    typeof program === 'string'
      ? spawn(process.execPath, [...flags, ...nodeFlags, entries[program], ...args], {
          cwd: tmpdir(),
          env: { PATH, HOME, ...env },
          stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        })
      : spawn(program.executable, args, { cwd: tmpdir(), env: { HOME, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr] as Readable[]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-keptOutput);
    });
  }
  // 'close' and not 'exit': nobody holds its output any more either
  const gone = once(child, 'close');
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;

  async function kill(): Promise<void> {
    child.kill('SIGKILL');
    await gone;
  }

  return {
    get pid() {
      return child.pid ?? 0;
    },
    child,
    output: () => output,
    isRunning,
    endedBy: () => child.exitCode ?? child.signalCode,
    kill,
    async stop(patienceMs = 15_000) {
      const force = setTimeout(() => child.kill('SIGKILL'), patienceMs);
      child.kill('SIGTERM');
      await gone;
      clearTimeout(force);
      return child.exitCode === 0;
    },
  };
}
