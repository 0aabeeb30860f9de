import { type ReasonCode, reasonCodes } from '../../../shared/reasons.ts';
import { meaningOf } from '../../../shared/states.ts';
import { type Candidate, ineligibility } from './assignment.ts';
import type { ExecutionRow } from './rows.ts';

/** Why a row is where it is. What a queued row waits for changes without its row: it is told from the fleet as it is now. */
export function explain(
  row: ExecutionRow,
  now: number,
  agents: { get(id: string): Candidate | undefined; all(): readonly Candidate[] },
): { reason: ReasonCode | null; text: string } {
  if (row.state === 'queued' && row.not_before <= now) {
    const reason =
      row.target === 'anyone' ? whyNobody(agents.all()) : whyNot(row.agent_id === null ? undefined : agents.get(row.agent_id));
    return { reason, text: row.reason_text === null ? reasonCodes[reason] : `${reasonCodes[reason]} ${row.reason_text}` };
  }
  if (row.reason === null) return { reason: null, text: row.reason_text ?? sentence(meaningOf(row.state)) };
  return { reason: row.reason, text: row.reason_text ?? reasonCodes[row.reason] };
}

function whyNot(agent: Candidate | undefined): ReasonCode {
  if (agent === undefined) return 'host_offline';
  if (!agent.connected || agent.status !== 'Online') return 'host_offline';
  return agent.held >= agent.slots ? 'slots_full' : 'waiting';
}

function whyNobody(agents: readonly Candidate[]): ReasonCode {
  const usable = agents.filter((agent) => agent.connected && agent.status === 'Online');
  if (usable.length === 0) return 'no_eligible_agent';
  return usable.every((agent) => ineligibility(agent, undefined) !== undefined) ? 'slots_full' : 'waiting';
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
