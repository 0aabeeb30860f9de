import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Surroundings } from '../surroundings.ts';
import { type EntryName, entries, nodeFlags } from './entries.ts';

export type ForegroundOptions = {
  readonly surroundings: Surroundings;
  /** its logs go to our standard error instead of the standard output */
  readonly logsToStderr: boolean;
  readonly onMessage: (message: unknown) => void;
};

/** Runs one of our programs as if it were this process: its output, signals and exit code pass through. @returns the exit code */
export async function runInForeground(name: EntryName, args: readonly string[], options: ForegroundOptions): Promise<number> {
  const { cwd } = options.surroundings;
  // means something to commands alone
  const { MUSTER_TOKEN: _ours, ...env } = options.surroundings.env;
  const child = spawn(process.execPath, [...nodeFlags, entries[name], ...args], {
    cwd,
    env,
    stdio: ['inherit', options.logsToStderr ? 2 : 'inherit', 'inherit', 'ipc'],
  });
  child.on('message', options.onMessage);
  const stopForwarding = forwardSignals(child);
  try {
    return await exitCodeOf(child);
  } finally {
    stopForwarding();
  }
}

/** Ctrl-C in a terminal reaches the child by itself; a second signal to it would mean "at once". */
function forwardSignals(child: ChildProcess): () => void {
  const listeners = (['SIGTERM', 'SIGHUP', 'SIGINT'] as const).map((signal) => {
    const forward = (): void => {
      // a closed terminal is an ordinary end, for which the programs know one signal
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
    };
    process.on(signal, forward);
    return { signal, forward };
  });
  return () => {
    for (const { signal, forward } of listeners) process.off(signal, forward);
  };
}

function exitCodeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0)));
  });
}
