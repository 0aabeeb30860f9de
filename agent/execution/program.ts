import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { ProgramExit } from './exit-sentence.ts';
import { createOutputText } from './output-text.ts';
import { type Gate, type Pipe, readPipes } from './pipes.ts';

export type ProgramCommand = {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** written to standard input, which is then closed; absent: no standard input */
  readonly input?: string;
  /** the arguments are one command line for cmd.exe, quoted already */
  readonly verbatim?: boolean;
};

export type Program = {
  readonly pid: number;
  /** The program itself has ended; its children and its output may not have. */
  readonly exited: Promise<ProgramExit>;
  /** To be called when nothing of its tree is left: settles when all output has been read. */
  drained(): Promise<void>;
};

type Reader = { readonly out: (text: string) => void; readonly err: (text: string) => void };

/**
 * Starts a program and reads its output; while the gate is full its pipes are not read, and so the program itself waits.
 * @throws the system's error when the program cannot be started (`ENOENT`, `EACCES`, `E2BIG`)
 */
export async function startProgram(
  command: ProgramCommand,
  spawnOptions: { readonly detached: boolean; readonly windowsHide: boolean },
  reader: Reader,
  gate: Gate,
  clock: Clock,
): Promise<Program> {
  const child = spawn(command.file, command.args, {
    ...spawnOptions,
    cwd: command.cwd,
    env: command.env,
    stdio: [command.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    windowsVerbatimArguments: command.verbatim === true,
  });
  const exited = new Promise<ProgramExit>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  const pid = await pidOf(child);
  feed(child, command.input);

  const pipes = readPipes(
    [textPipe(child.stdout as Readable, reader.out), textPipe(child.stderr as Readable, reader.err)],
    gate,
    clock,
  );
  return { pid, exited, drained: pipes.drained };
}

/** The pid is known at once, but why there is none is told by an event only. */
async function pidOf(child: ChildProcess): Promise<number> {
  if (child.pid !== undefined) {
    child.on('error', () => {}); // a failed kill or a closed standard input: the exit tells
    return child.pid;
  }
  return new Promise((_, reject) => {
    child.once('error', reject);
  });
}

function feed(child: ChildProcess, input: string | undefined): void {
  if (child.stdin === null || input === undefined) return;
  child.stdin.on('error', () => {}); // the program need not read it
  child.stdin.end(input);
}

function textPipe(stream: Readable, write: (text: string) => void): Pipe {
  const text = createOutputText();
  return { stream, read: (bytes) => write(text.decode(bytes)), end: () => write(text.end()) };
}
