import type { ExecutionsTable } from '../../schema/tables/tasks.tables.ts';

type Ended = Pick<ExecutionsTable, 'state' | 'started_at' | 'duration_ms'>;

/**
 * Whether the ledger ended an execution by itself, without a word of the agent that ran it. A result always tells how long the work took;
 * what the server concludes does not. What such an agent brings later is taken.
 */
export const endedUnanswered = ({ state, started_at, duration_ms }: Ended): boolean =>
  started_at !== null && duration_ms === null && (state === 'lost' || state === 'cancelled' || state === 'timed_out');
