import { type ReasonCode, reasonCodes } from '../../../shared/reasons.ts';
import { meaningOf } from '../../../shared/states.ts';
import { type Candidate, ineligibility } from './assignment.ts';
import type { ExecutionRow } from './rows.ts';

/** The fleet as it is now, as far as it explains what a queued row waits for. */
export type FleetNow = {
  get(agentId: string): Candidate | undefined;
  /** what keeps the rows of `Anyone` waiting whose plugin runs on these platforms */
  whyNobody(platforms: readonly string[] | undefined): ReasonCode;
};

/** Looks at all agents once for each set of platforms, however many rows are explained. */
export function fleetNow(agents: { get(id: string): Candidate | undefined; all(): readonly Candidate[] }): FleetNow {
  let all: readonly Candidate[] | undefined;
  const answers = new Map<string, ReasonCode>();
  return {
    get: agents.get,
    whyNobody(platforms) {
      const key = platforms?.join() ?? '*';
      all ??= agents.all();
      const answer = answers.get(key) ?? whyNobody(all, platforms);
      answers.set(key, answer);
      return answer;
    },
  };
}

/** Why a row is where it is. What a queued row waits for changes without its row: it is told from the fleet as it is now. */
export function explain(
  row: ExecutionRow,
  now: number,
  platforms: readonly string[] | undefined,
  fleet: FleetNow,
  /** why its gates do not let it pass, if they do not */
  closed?: string,
): { reason: ReasonCode | null; text: string } {
  if (row.state === 'queued' && row.not_before <= now) {
    const reason = row.agent_id === null ? fleet.whyNobody(platforms) : whyNot(fleet.get(row.agent_id));
    if (closed !== undefined && (reason === 'waiting' || reason === 'slots_full')) return { reason: 'concurrency', text: closed };
    return { reason, text: row.reason_text === null ? reasonCodes[reason] : `${reasonCodes[reason]} ${row.reason_text}` };
  }
  if (row.reason === null) return { reason: null, text: row.reason_text ?? sentence(meaningOf(row.state)) };
  return { reason: row.reason, text: row.reason_text ?? reasonCodes[row.reason] };
}

function whyNot(agent: Candidate | undefined): ReasonCode {
  if (agent === undefined || agent.status === 'Revoked') return 'agent_removed';
  if (!agent.connected || agent.status !== 'Online') return 'host_offline';
  return agent.held >= agent.slots ? 'slots_full' : 'waiting';
}

function whyNobody(agents: readonly Candidate[], platforms: readonly string[] | undefined): ReasonCode {
  const able = agents.filter((agent) => ineligibility({ ...agent, held: 0 }, platforms) === undefined);
  if (able.length === 0) return 'no_eligible_agent';
  return able.every((agent) => agent.held >= agent.slots) ? 'slots_full' : 'waiting';
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
