import type { AgentUpdateHostsTable } from '../../schema/tables/updates.tables.ts';
import type { AgentView } from '../agents/agents.ts';
import { lastBegunWave, type Update } from './updates.ts';

/** Why a host waits, by how things are now: a sentence that is kept would be wrong by tomorrow. */
export function waitingReason(
  { wave, message }: Pick<AgentUpdateHostsTable, 'wave' | 'message'>,
  update: Update,
  agent: AgentView | undefined,
): string {
  return [message, reasonNow(wave, update, agent)].filter((part) => part !== '').join(' ');
}

function reasonNow(wave: number, { state, waves, settings }: Update, agent: AgentView | undefined): string {
  if (state === 'ended') return 'The update has ended.';
  if (state === 'paused') return 'The update is paused.';
  if (wave > lastBegunWave(waves)) return 'Its wave has not begun.';
  if (agent?.otherProtocol != null)
    return `It speaks protocol ${agent.otherProtocol} and cannot connect: it is told how to update when it tries.`;
  if (agent?.connected !== true) return 'It is not connected: it gets the update when it is back.';
  return `Its turn comes: no more than ${settings.atOnce} download at the same time.`;
}
