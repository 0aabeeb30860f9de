import type { AttemptOutcome } from '../../../shared/states.ts';
import { endedUnanswered } from '../logs/late-output.ts';
import type { AttemptRow, ExecutionRow } from './rows.ts';

/**
 * An attempt that the ledger ended by itself, without a word of the agent that had it: `lost` when the agent did not return, `cancelled` by
 * force, `timed_out` when no answer came, or taken back as never started. What the agent tells of it later is kept beside the final state.
 *
 *   current   the last attempt of its execution: output that comes late goes on where the log ends
 *   former    another attempt may be under way: its result is kept, and its output has no place in the log any more
 */
export type GivenUp = 'current' | 'former';

type Asked = { readonly agentId: string; readonly attempt: number };

export function givenUp(row: ExecutionRow, kept: AttemptRow | undefined, asked: Asked): GivenUp | undefined {
  if (kept !== undefined) return kept.agent_id === asked.agentId && wasConcluded(kept) ? 'former' : undefined;
  const isIts = row.agent_id === asked.agentId && row.attempt === asked.attempt;
  return isIts && row.open === 0 && endedUnanswered(row) ? 'current' : undefined;
}

const wasConcluded = ({ outcome, reason }: AttemptRow): boolean =>
  outcome === 'not_started' || (outcome === 'lost' && (reason === 'given_up' || reason === 'agent_removed'));

/** An offer that was not started is answered in these ways too, which say nothing of any work. */
export const tellsOfWork = (kept: AttemptRow | undefined, outcome: AttemptOutcome): boolean =>
  kept?.outcome !== 'not_started' || (outcome !== 'rejected' && outcome !== 'cancelled');
