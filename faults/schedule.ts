import { type Fault, type FaultKind, planFaults } from './fault-plan.ts';
import type { InstantName } from './instants.ts';
import { createRandom } from './random.ts';
import { planWorkload, type WorkItem } from './workload.ts';

export type Schedule = { readonly work: readonly WorkItem[]; readonly faults: readonly Fault[] };

export type ScheduleOptions = {
  readonly seed: number;
  readonly seconds: number;
  readonly agents: readonly string[];
  readonly only: readonly FaultKind[];
  readonly at: readonly InstantName[];
  readonly perSecond: number;
  readonly faultEverySeconds: number;
  readonly longestFaultMs: number;
};

/** All that will be done, from the seed alone: the same options give the same schedule. */
export function planRun({
  seed,
  seconds,
  agents,
  only,
  at,
  perSecond,
  faultEverySeconds,
  longestFaultMs,
}: ScheduleOptions): Schedule {
  const random = createRandom(seed);
  return {
    work: planWorkload(random.fork('work'), { seconds, agents, perSecond }),
    faults: planFaults(random.fork('faults'), {
      seconds,
      agents: agents.length,
      only,
      at,
      everySeconds: faultEverySeconds,
      longestMs: longestFaultMs,
    }),
  };
}

/** Of the last agent: at this share of the run it is taken away, and does not come back. */
export const goneForGoodAt = 0.6;
