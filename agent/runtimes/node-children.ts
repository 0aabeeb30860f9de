import childProcess, { type ChildProcess } from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import { taskkill } from '../execution/taskkill.windows.ts';

export type ChildrenWatch = {
  /** Whether the plugin started programs. Looking for what they may have left costs a look at every process of the host. */
  wereStarted(): boolean;
  forget(): void;
  /**
   * On Windows, where nobody finds what a process has started once it has ended: ends the programs that still run, with what they started.
   * @returns their names
   */
  endLeft(): Promise<readonly string[]>;
};

/** Tells whether the plugin started programs, and on Windows which of them still run. */
export function watchForChildren(): ChildrenWatch {
  let started = false;
  const running = new Set<ChildProcess>();
  const noting =
    <Args extends unknown[], Answer>(original: (...args: Args) => Answer) =>
    (...args: Args): Answer => {
      started = true;
      return original(...args);
    };
  // every asynchronous way leads through this method
  const prototype = childProcess.ChildProcess.prototype as unknown as { spawn: (...args: unknown[]) => unknown };
  const { spawn } = prototype;
  prototype.spawn = function (this: ChildProcess, ...args) {
    started = true;
    const answer = Reflect.apply(spawn, this, args);
    if (process.platform === 'win32') note(this);
    return answer;
  };
  const mutable = childProcess as { -readonly [Name in keyof typeof childProcess]: unknown };
  mutable.spawnSync = noting(childProcess.spawnSync as (...args: unknown[]) => unknown);
  mutable.execSync = noting(childProcess.execSync as (...args: unknown[]) => unknown);
  mutable.execFileSync = noting(childProcess.execFileSync as (...args: unknown[]) => unknown);
  syncBuiltinESMExports();
  // a thread has a `child_process` of its own
  process.on('worker', () => {
    started = true;
  });

  function note(child: ChildProcess): void {
    if (child.pid === undefined) return;
    running.add(child);
    child.once('exit', () => running.delete(child));
  }

  return {
    wereStarted: () => started,
    forget() {
      started = false;
    },
    async endLeft() {
      const left = [...running];
      await Promise.all(left.map(({ pid = 0 }) => taskkill(pid, ['/F'])));
      return left.map(({ pid, spawnfile }) => `${basename(spawnfile)} (${pid})`);
    },
  };
}
