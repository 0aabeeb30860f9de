import { setTimeout as pause } from 'node:timers/promises';
import type { FleetBed } from './bed/fleet-bed.ts';

/** When the server said of results that they are durable. */
export type Acknowledgements = {
  /** Forgets what came until now. */
  begin(): Promise<void>;
  /** @returns ms since the epoch, in order, once there are so many since `begin`. @throws when they do not come */
  take(count: number, patienceSeconds: number): Promise<readonly number[]>;
  /** of all, since the fleet was started, by outcome */
  readonly all: () => Promise<Readonly<Record<string, number>>>;
};

const everyMs = 50;

export function acknowledgementsOf({ load }: Pick<FleetBed, 'load'>): Acknowledgements {
  return {
    begin: async () => void (await load.takeAcknowledged()),
    async take(count, patienceSeconds) {
      const times: number[] = [];
      const end = performance.now() + patienceSeconds * 1000;
      for (;;) {
        for (const at of await load.takeAcknowledged()) times.push(at);
        if (times.length >= count) return times.sort((a, b) => a - b);
        if (performance.now() > end)
          throw new Error(`${times.length} of ${count} results were acknowledged in ${patienceSeconds} s.`);
        await pause(everyMs);
      }
    },
    async all() {
      const report = await load.report();
      if (report.unwanted > 0) throw new Error(`${report.unwanted} agents were turned away for good.`);
      return report.acknowledged;
    },
  };
}
