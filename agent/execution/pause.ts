import type { Clock } from '../clock.ts';

/** Waits `ms`, or until `wake` is aborted. */
export function pause(clock: Clock, ms: number, wake?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      wake?.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(wake?.aborted ? 0 : ms, end);
    wake?.addEventListener('abort', end);
  });
}
