import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { ChildProgram } from '../tests/support/child-program.ts';
import type { Census, FromChild, ToChild } from './child-messages.ts';
import type { InstantName } from './instants.ts';

/**
 * A place that one process of the product holds after the other: started, killed, stopped, started again. `isUp` is what the harness
 * wants; a process that ends while it should be up is noticed by whoever waits for it.
 */
export type Seat = {
  readonly name: string;
  readonly isRunning: () => boolean;
  /** running, and not standing still */
  readonly isUp: () => boolean;
  /** Settles when it is ready. */
  start(): Promise<void>;
  kill(): Promise<void>;
  /** SIGTERM; how it ended is among the crashes, unless it did so in order */
  end(): Promise<void>;
  /** SIGSTOP for so long */
  standStill(ms: number): Promise<void>;
  /** @returns whether the process came to the instant within the patience; with SIGKILL it is gone, with SIGSTOP it stands still */
  atInstant(name: InstantName, hits: number, act: 'SIGKILL' | 'SIGSTOP' | 'report', patienceMs: number): Promise<boolean>;
  goOn(): void;
  tell(order: ToChild): void;
  census(): Promise<Census | undefined>;
  readonly output: () => string;
  readonly pid: () => number;
  /** ends that nobody asked for */
  readonly crashes: string[];
};

export function createSeat(name: string, launch: () => Promise<ChildProgram>): Seat {
  let program: ChildProgram | undefined;
  let still = false;
  let wanted = false;
  const crashes: string[] = [];

  const isRunning = (): boolean => program?.isRunning() === true;

  function tell(order: ToChild): void {
    if (program?.isRunning() === true && program.child.connected) program.child.send({ faults: order }, () => {});
  }

  async function start(): Promise<void> {
    if (isRunning()) return;
    const launched = await launch();
    program = launched;
    still = false;
    wanted = true;
    launched.child.once('exit', (code, signal) => {
      if (program === launched && wanted)
        crashes.push(`${name} ended by itself with ${signal ?? `exit code ${code}`}:\n${launched.output().slice(-3000)}`);
    });
  }

  function answer<T>(take: (message: FromChild) => T | undefined, patienceMs: number): Promise<T | undefined> {
    const child = program?.child;
    if (child === undefined) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const done = (value: T | undefined): void => {
        clearTimeout(timer);
        child.off('message', listen);
        child.off('exit', gone);
        resolve(value);
      };
      const listen = (message: unknown): void => {
        const from = (message as { readonly faults?: FromChild }).faults;
        const taken = from === undefined ? undefined : take(from);
        if (taken !== undefined) done(taken);
      };
      const gone = (): void => done(undefined);
      const timer = setTimeout(gone, patienceMs);
      child.on('message', listen);
      child.once('exit', gone);
    });
  }

  return {
    name,
    isRunning,
    isUp: () => isRunning() && !still,
    start,
    async kill() {
      wanted = false;
      if (isRunning()) await program?.kill();
    },
    async end() {
      wanted = false;
      if (!isRunning() || program === undefined) return;
      const from = performance.now();
      if (await program.stop(40_000)) return;
      const { exitCode, signalCode } = program.child;
      const took = Math.round(performance.now() - from);
      // it was asked before it had run a line of its own code, and there was nothing to end
      if (signalCode === 'SIGTERM' && program.output() === '') return;
      crashes.push(
        `${name} did not end in order: ${signalCode ?? `exit code ${exitCode}`} after ${took} ms\n${program.output().slice(-3000)}`,
      );
    },
    async standStill(ms) {
      if (!isRunning()) return;
      still = true;
      program?.child.kill('SIGSTOP');
      await pause(ms);
      program?.child.kill('SIGCONT');
      still = false;
    },
    async atInstant(instant, hits, act, patienceMs) {
      if (!isRunning()) return false;
      if (act === 'SIGKILL') wanted = false;
      tell({ type: 'arm', name: instant, hits, act });
      const end = performance.now() + patienceMs;
      while (performance.now() < end) {
        if (act === 'SIGKILL' && !isRunning()) return true;
        if (act === 'SIGSTOP' && isStopped(program?.pid ?? 0)) {
          still = true;
          return true;
        }
        await pause(5);
      }
      tell({ type: 'disarm' });
      // it may have come there just now
      await pause(50);
      wanted = isRunning();
      still = isStopped(program?.pid ?? 0);
      return !isRunning() || still;
    },
    goOn() {
      program?.child.kill('SIGCONT');
      still = false;
    },
    tell,
    census() {
      const answered = answer((message) => (message.type === 'census' ? message.census : undefined), 5000);
      tell({ type: 'census' });
      return answered;
    },
    output: () => program?.output() ?? '',
    pid: () => program?.pid ?? 0,
    crashes,
  };
}

function isStopped(pid: number): boolean {
  try {
    return /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
