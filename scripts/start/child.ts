import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { nodeFlags } from '../../cli/processes/entries.ts';

export type ChildEnd = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** A process of ours, from its start to its end. */
export type Child = {
  readonly name: string;
  readonly ended: Promise<ChildEnd>;
  /** the last lines of its log, oldest first */
  lastLines(): readonly string[];
  /** what it last wrote for a person */
  lastNotice(): string | undefined;
  /** Asks it to end, and kills it when it has not within its grace. May be called twice. */
  stop(): Promise<ChildEnd>;
  isStopping(): boolean;
  kill(): void;
};

export type ChildOptions = {
  readonly name: string;
  readonly entry: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** for an orderly end */
  readonly graceMs: number;
  /** a line of its log */
  readonly onLine: (line: string) => void;
  /** a line that it wrote for a person */
  readonly onNotice: (line: string) => void;
  readonly onMessage?: (message: unknown) => void;
};

const keptLines = 20;
/** Elsewhere than on Windows a child leads a group of its own, so that Ctrl-C in the terminal does not end all at once and in no order. */
const hasGroups = process.platform !== 'win32';

export function startChild({ name, entry, args, env, graceMs, onLine, onNotice, onMessage }: ChildOptions): Child {
  const child = spawn(process.execPath, [...nodeFlags, entry, ...args], {
    env,
    detached: hasGroups,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    windowsHide: true,
  });
  const kept: string[] = [];
  eachLine(child.stdout, (line) => {
    kept.push(line);
    if (kept.length > keptLines) kept.shift();
    onLine(line);
  });
  let notice: string | undefined;
  eachLine(child.stderr, (line) => {
    notice = line;
    onNotice(line);
  });
  if (onMessage !== undefined) child.on('message', onMessage);
  const ended = endOf(child);
  let stopping: Promise<ChildEnd> | undefined;
  const kill = (): void => killTree(child);

  return {
    name,
    ended,
    lastLines: () => kept,
    lastNotice: () => notice,
    stop() {
      stopping ??= stop(child, ended, graceMs, kill);
      return stopping;
    },
    isStopping: () => stopping !== undefined,
    kill,
  };
}

async function stop(child: ChildProcess, ended: Promise<ChildEnd>, graceMs: number, kill: () => void): Promise<ChildEnd> {
  child.kill('SIGTERM');
  const tooLate = setTimeout(kill, graceMs);
  try {
    return await ended;
  } finally {
    clearTimeout(tooLate);
  }
}

/** `close`, not `exit`: its last words have been read then. */
const endOf = (child: ChildProcess): Promise<ChildEnd> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });

function killTree(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  if (!hasGroups) child.kill('SIGKILL');
  else process.kill(-child.pid, 'SIGKILL');
}

function eachLine(stream: Readable | null, handle: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', handle);
}
