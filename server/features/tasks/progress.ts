import type { Execution } from '../../../shared/api/executions.ts';
import type { AgentMessageOf } from '../../../shared/protocol.ts';
import type { ExecutionState } from '../../../shared/states.ts';
import type { Change } from './ledger.ts';
import type { OpenRow } from './queue.store.ts';

/**
 * The last progress that was told of each execution that runs now. It is not worth a row: it lives in memory, beside the ledger, and
 * only for attempts that an agent holds, so that nobody else can tell of them and nothing stays behind.
 */
export type ProgressBoard = {
  /** @returns the run of the execution, or undefined if the message is not of the agent and the attempt that run it */
  tell(agentId: string, message: AgentMessageOf<'progress'>): string | undefined;
  of(executionId: string): Execution['progress'];
  fill(open: readonly OpenRow[]): void;
  apply(changes: readonly Change[]): void;
};

type Place = { readonly runId: string; readonly agentId: string; readonly attempt: number; told: Execution['progress'] };

const runs = new Set<ExecutionState>(['running', 'unknown', 'cancelling']);

export function createProgressBoard(): ProgressBoard {
  const places = new Map<string, Place>();

  function put({ id, run_id, agent_id, attempt, state }: OpenRow): void {
    if (agent_id === null || !runs.has(state)) places.delete(id);
    else if (places.get(id)?.attempt !== attempt) places.set(id, { runId: run_id, agentId: agent_id, attempt, told: null });
  }

  return {
    tell(agentId, { execution, attempt, fraction, text }) {
      const place = places.get(execution);
      if (place?.agentId !== agentId || place.attempt !== attempt) return undefined;
      place.told = { fraction, text };
      return place.runId;
    },
    of: (executionId) => places.get(executionId)?.told ?? null,
    fill(open) {
      for (const row of open) put(row);
    },
    apply(changes) {
      for (const { after } of changes) put(after);
    },
  };
}
