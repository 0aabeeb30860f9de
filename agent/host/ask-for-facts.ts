import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { type Facts, facts } from '../../shared/metrics.ts';
import type { Clock } from '../clock.ts';
import type { Environment } from '../execution/environment.ts';

export type FactsProgram = {
  readonly command: { readonly file: string; readonly args: readonly string[] };
  readonly env: Environment;
  readonly clock: Clock;
  /** ends it early */
  readonly signal: AbortSignal;
  readonly patienceMs?: number;
};

const maxLength = 64 * 1024;
/** Elsewhere than on Windows it leads a group, so that what it started ends with it. */
const hasGroups = process.platform !== 'win32';

/**
 * Runs the program that prints the facts of this host (`host-facts`).
 * @throws Error with a sentence if they could not be had
 */
export function askForFacts({ command, env, clock, signal, patienceMs = 30_000 }: FactsProgram): Promise<Facts> {
  if (signal.aborted) return Promise.reject(new Error('It was not asked any more.'));
  const child = spawn(command.file, command.args, {
    cwd: tmpdir(),
    env,
    detached: hasGroups,
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<Facts>();
  let text = '';

  function giveUp(why: string): void {
    killAll(child);
    reject(new Error(why));
  }

  const onAbort = (): void => giveUp('It was not waited for any more.');
  signal.addEventListener('abort', onAbort);
  const cancelLimit = clock.after(patienceMs, () => giveUp(`It gave no answer within ${patienceMs / 1000} s.`));
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
    if (text.length > maxLength) giveUp(`It printed more than ${maxLength} characters.`);
  });
  child.once('error', (error) => giveUp(`It could not be started: ${error.message}`));
  child.once('close', (code, signalName) => {
    const found = code === 0 ? parseFacts(text) : undefined;
    if (found !== undefined) resolve(found);
    else giveUp(code === 0 ? 'What it printed are no facts.' : `It ended with ${signalName ?? `exit code ${code}`}.`);
  });
  return promise.finally(() => {
    cancelLimit();
    signal.removeEventListener('abort', onAbort);
  });
}

function parseFacts(text: string): Facts | undefined {
  try {
    return facts.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function killAll(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.stdout?.destroy();
  if (hasGroups) process.kill(-child.pid, 'SIGKILL');
  else child.kill('SIGKILL');
}
