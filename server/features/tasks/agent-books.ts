import { type Change, holderOf } from './ledger.ts';
import type { OpenRow } from './queue.store.ts';
import type { ExecutionRow } from './rows.ts';

/**
 * How many executions each agent holds (offered, running, unknown, cancelling) and how many are queued for it, kept in memory beside the
 * ledger: filled from the rows at start, then moved by every committed change. `null` stands for the queue of `Anyone`.
 */
export type AgentBooks = {
  heldBy(agentId: string): number;
  queuedFor(agentId: string | null): number;
  /** those of `queuedFor` that pass gates */
  gatedFor(agentId: string | null): number;
  /** agents that hold something */
  holders(): string[];
  /** agents, or `null` for `Anyone`, for which something is queued */
  waiting(): (string | null)[];
  fill(open: readonly OpenRow[]): void;
  /** @returns the agents, or `null` for `Anyone`, for which there may be something to offer now */
  apply(changes: readonly Change[], now: number): Set<string | null>;
};

export function createAgentBooks(): AgentBooks {
  const held = createTally();
  const queued = createTally();
  const gated = createTally();
  return {
    heldBy: (agentId) => held.of(agentId),
    queuedFor: (agentId) => queued.of(agentId),
    gatedFor: (agentId) => gated.of(agentId),
    holders: () => held.keys().filter((key) => key !== null),
    waiting: () => queued.keys(),
    fill(open) {
      for (const row of open) {
        const holder = holderOf(row);
        if (holder !== undefined) held.add(holder, 1);
        if (waits(row)) queued.add(row.agent_id, 1);
        if (waits(row) && row.gates > 0) gated.add(row.agent_id, 1);
      }
    },
    apply(changes, now) {
      const look = new Set<string | null>();
      for (const { before, after } of changes) {
        const holder = holderOf(before);
        const newHolder = holderOf(after);
        if (holder !== newHolder) {
          if (newHolder !== undefined) held.add(newHolder, 1);
          if (holder !== undefined) {
            held.add(holder, -1);
            look.add(holder).add(null);
          }
        }
        if (before !== undefined && waits(before)) {
          queued.add(before.agent_id, -1);
          if (before.gates > 0) gated.add(before.agent_id, -1);
        }
        if (waits(after)) {
          queued.add(after.agent_id, 1);
          if (after.gates > 0) gated.add(after.agent_id, 1);
          if (after.not_before <= now) look.add(after.agent_id);
        }
      }
      return look;
    },
  };
}

const waits = (row: Pick<ExecutionRow, 'state'>): boolean => row.state === 'queued';

function createTally() {
  const counts = new Map<string | null, number>();
  return {
    keys: (): (string | null)[] => [...counts.keys()],
    of: (key: string | null): number => counts.get(key) ?? 0,
    add(key: string | null, count: number): void {
      const sum = (counts.get(key) ?? 0) + count;
      if (sum === 0) counts.delete(key);
      else counts.set(key, sum);
    },
  };
}
