import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Uplink } from '../link/uplink.ts';
import type { HostMetrics } from './host-metrics.ts';

/** While a connection lasts, tells the server at its pace that this host lives, and how it is. */
export type Heartbeat = { start(everySeconds: number): void; stop(): void };

export function createHeartbeat(resources: {
  readonly uplink: Uplink;
  readonly metrics: Pick<HostMetrics, 'sample'>;
  readonly clock: Clock;
  readonly log: Logger;
}): Heartbeat {
  const { uplink, metrics, clock, log } = resources;
  let cancel: (() => void) | undefined;

  async function beat(): Promise<void> {
    try {
      uplink.send({ type: 'heartbeat', metrics: await metrics.sample() });
    } catch (error) {
      log.error({ err: error }, 'metrics_not_read');
    }
  }

  function next(everySeconds: number): void {
    void beat();
    cancel = clock.after(everySeconds * 1000, () => next(everySeconds));
  }

  const stop = (): void => {
    cancel?.();
    cancel = undefined;
  };

  return {
    start(everySeconds) {
      stop();
      next(everySeconds);
    },
    stop,
  };
}
