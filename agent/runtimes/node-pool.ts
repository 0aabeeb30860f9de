import type { Logger } from 'pino';
import { type Runner, startRunner } from './node-process.ts';
import type { RuntimeResources } from './runtime.ts';

/** A runner that nobody used for this long is ended. */
const maxIdleMs = 60_000;
/** One more than `maxWarm` waits this long, so that many short jobs at once do not start a process each. */
const maxSurplusMs = 2000;

/** makes of a command another one, such as one with limits */
export type WrapCommand = (file: string, args: readonly string[]) => { readonly file: string; readonly args: readonly string[] };

export type NodePool = {
  /** A runner for the plugin with this hash: a warm one, or a new one. It belongs to the caller until it is given back. */
  take(sha256: string): Promise<Runner>;
  /** A new one, which is never given back: it is started by another command. */
  startApart(sha256: string, wrap: WrapCommand, heapMb?: number): Promise<Runner>;
  give(runner: Runner): void;
  /** Ends the idle ones; those that are taken end when they are given back. */
  close(): Promise<void>;
};

/**
 * Warm runners by the plugin whose code they have loaded. At most `maxWarm` wait idle, of all plugins together; the one that waited
 * longest makes room after a moment. How many are taken at once is bounded by the agent's slots.
 */
export function createNodePool(
  resources: RuntimeResources & {
    readonly log: Logger;
    readonly maxWarm: number;
    readonly selfCommand: (subcommand: string) => { file: string; args: string[] };
  },
): NodePool {
  const { clock, maxWarm, selfCommand, log } = resources;
  /** idle runners, the one that waited longest first, and how to stop the timer that ends them */
  const idle = new Map<Runner, () => void>();
  const living = new Set<Runner>();
  let isClosed = false;
  let cancelTrim: (() => void) | undefined;

  async function start(sha256: string, wrap?: WrapCommand, heapMb?: number): Promise<Runner> {
    const self = selfCommand('node-runner');
    // the single-file agent takes no flags of V8
    const own =
      heapMb === undefined || self.args.length < 2 ? self : { ...self, args: [`--max-old-space-size=${heapMb}`, ...self.args] };
    const runner = await startRunner(sha256, wrap?.(own.file, own.args) ?? own, resources);
    living.add(runner);
    void runner.exited.then((exit) => {
      log.debug({ sha256, ...exit }, 'runner_ended');
      living.delete(runner);
      forget(runner);
    });
    return runner;
  }

  function forget(runner: Runner): void {
    idle.get(runner)?.();
    idle.delete(runner);
  }

  function retire(runner: Runner): void {
    forget(runner);
    runner.end();
  }

  function trim(): void {
    cancelTrim = undefined;
    for (const runner of [...idle.keys()].slice(0, Math.max(0, idle.size - maxWarm))) retire(runner);
  }

  return {
    startApart: start,
    async take(sha256) {
      const warm = [...idle.keys()].findLast((runner) => runner.sha256 === sha256);
      if (warm === undefined) return start(sha256);
      forget(warm);
      return warm;
    },
    give(runner) {
      if (!living.has(runner)) return;
      idle.set(
        runner,
        clock.after(maxIdleMs, () => retire(runner)),
      );
      if (isClosed) retire(runner);
      else if (idle.size > maxWarm) cancelTrim ??= clock.after(maxSurplusMs, trim);
    },
    async close() {
      isClosed = true;
      cancelTrim?.();
      for (const runner of [...idle.keys()]) retire(runner);
      await Promise.all([...living].map((runner) => runner.exited));
    },
  };
}
