import { schedule } from 'node-cron';
import { createLoop, type Loop, type LoopOptions } from './loop.ts';

/** A loop that runs at times of day, such as `30 3 * * *`, instead of every so often. It looks at the clock of the host itself. */
export function createCronLoop({
  cron,
  timeZone,
  ...options
}: Omit<LoopOptions, 'everyMs' | 'jitter'> & { readonly cron: string; readonly timeZone?: string }): Loop {
  const loop = createLoop({ ...options, everyMs: null });
  const task = schedule(cron, loop.wake, {
    name: options.name,
    suppressMissedWarning: true,
    ...(timeZone === undefined ? {} : { timezone: timeZone }),
  });
  return {
    wake: loop.wake,
    async stop() {
      await task.destroy();
      await loop.stop();
    },
  };
}
