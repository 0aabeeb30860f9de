import { writeSync } from 'node:fs';
import type { Json } from '../../shared/json.ts';

/**
 * How the agent and a runner process of `node` plugins talk. To the runner: Node's IPC channel. From the runner: lines of JSON on a pipe
 * of its own, written synchronously: what was said is not lost in a crash, everything keeps its order, and when the agent does not read
 * because the log is full, the plugin waits.
 */
export type ToRunner = { readonly type: 'run'; readonly job: RunnerJob } | { readonly type: 'stop' };

export type RunnerJob = {
  readonly execution: string;
  readonly attempt: number;
  readonly agentName: string;
  /** full path of the file with the plugin's functions */
  readonly entry: string;
  readonly action: string;
  readonly args: Json;
  /** what the task sets */
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly workspace: string;
  readonly artifacts: string;
  /** of each program that it starts; undefined: not limited in this way */
  readonly processMemoryMb: number | undefined;
};

export type FromRunner =
  | readonly ['out' | 'err' | 'log', text: string]
  | readonly ['progress', fraction: number, text: string]
  | readonly ['end', end: RunnerEnd, after: RunnerAfter];

export type RunnerEnd = { readonly how: 'returned'; readonly value: Json } | { readonly how: 'raised'; readonly message: string };

/** What is left after a function has returned. */
export type RunnerAfter = {
  /** programs were started: they may have left children, and output of theirs may still be in the pipes, up to the fence */
  readonly spawned: boolean;
  /** the function asked for its workspace, which was made for it */
  readonly workspace: boolean;
  /** the runner can take the next job; not so after a crash, or with timers that would fire inside the next job */
  readonly reusable: boolean;
};

export type SendToAgent = (message: FromRunner) => void;

/** The file descriptor of that pipe in the runner. */
const channelFile = 3;

/** Written by the runner to its standard output and error after a job that started programs: what came before belongs to the job. */
export const fence = '\0muster-fence\0';

/** Output in more characters than this goes in pieces: the agent holds a line of the channel in its memory as a whole. */
const maxPiece = 64 * 1024;

export const sendToAgent: SendToAgent = (message) => {
  const [type, text] = message;
  if (type === 'progress' || type === 'end' || text.length <= maxPiece) writeLine(message);
  else for (const piece of piecesOf(text)) writeLine([type, piece]);
};

const writeLine: SendToAgent = (message) => writeAll(channelFile, `${JSON.stringify(message)}\n`);

/** None of them splits a code point. */
export function* piecesOf(text: string, longest = maxPiece): Generator<string> {
  for (let from = 0; from < text.length; ) {
    const end = from + longest;
    const to = end < text.length && isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end;
    yield text.slice(from, to);
    from = to;
  }
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

export function writeFences(): void {
  writeAll(1, fence);
  writeAll(2, fence);
}

function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(file, bytes, written);
    } catch (error) {
      // somebody who shares the pipe may have made it non-blocking
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
