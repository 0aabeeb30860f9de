import type { Facts } from '../../shared/metrics.ts';
import type { Clock } from '../clock.ts';
import type { Executor } from '../execution/job.ts';
import { readHostFacts } from './host-facts.ts';

export type FactSheet = { readonly facts: Facts; readonly runtimes: Record<string, string> };

/** Facts and interpreters, looked up again when the agent connects and they are old: finding interpreters starts programs. */
export function createFactSheet({
  executor,
  clock,
}: {
  readonly executor: Pick<Executor, 'runtimes'>;
  readonly clock: Clock;
}): () => Promise<FactSheet> {
  let sheet: Promise<FactSheet> | undefined;
  let readAt = 0;
  return () => {
    const age = clock.now() - readAt;
    if (sheet === undefined || age < 0 || age >= maxAgeMs) {
      readAt = clock.now();
      sheet = Promise.all([readHostFacts(), executor.runtimes()]).then(([facts, runtimes]) => ({ facts, runtimes }));
    }
    return sheet;
  };
}

const maxAgeMs = 10 * 60_000;
