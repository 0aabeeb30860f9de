import type { Reader } from '../../schema/schema.ts';
import { latestAttempts, unstartedSince } from './attempts.store.ts';
import type { QueuedRow } from './queue.store.ts';
import { refusedBy } from './refusals.ts';
import type { RunSpec } from './run-specs.ts';

/** The agents that an execution of `Anyone` goes to last: those that did not take it, and with `retries.elsewhere` those that tried it. */
export async function hostsAsked(
  db: Reader,
  row: QueuedRow,
  { policy }: RunSpec,
): Promise<ReadonlyMap<string, number> | undefined> {
  if (row.attempt === 0) return undefined;
  const isTried = policy.retries.elsewhere && row.retries > 0;
  return refusedBy(isTried ? await latestAttempts(db, row.id) : await unstartedSince(db, row.id));
}
