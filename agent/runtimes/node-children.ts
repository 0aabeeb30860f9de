import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Tells whether the plugin started programs. Looking for what they may have left costs a look at every process of the host, which a
 * plugin that starts none need not pay.
 */
export function watchForChildren(): { wereStarted(): boolean; forget(): void } {
  let started = false;
  const noting =
    <Args extends unknown[], Answer>(original: (...args: Args) => Answer) =>
    (...args: Args): Answer => {
      started = true;
      return original(...args);
    };
  // every asynchronous way leads through this method
  const prototype = childProcess.ChildProcess.prototype as unknown as { spawn: (...args: unknown[]) => unknown };
  const { spawn } = prototype;
  prototype.spawn = function (...args) {
    started = true;
    return Reflect.apply(spawn, this, args);
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
  return {
    wereStarted: () => started,
    forget() {
      started = false;
    },
  };
}
