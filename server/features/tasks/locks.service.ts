import type { Lock, LockList } from '../../../shared/api/locks.ts';
import type { Database } from '../../schema/schema.ts';
import { countHolders, countWaiting, gateAfter, type HolderRow, holdersOf, largestCapacity } from './gates.store.ts';
import { type Gate, type Holder, lockGate, waitText } from './gates.ts';

/** Who holds what, and who waits for it: read from the rows, whenever it is asked. */
export type LocksService = {
  list(): Promise<LockList>;
  /** Why the gates do not let these executions pass; an execution that none of them stops is not in the map. */
  whyNot(executions: readonly { readonly id: string; readonly gates: readonly Gate[] }[]): Promise<ReadonlyMap<string, string>>;
};

const locksShown = 100;
const holdersShown = 20;
const holdersNamed = 3;
const waitingCounted = 1000;

export function createLocks(db: Database): LocksService {
  async function lockAt(gate: string): Promise<Lock> {
    const [holders, held, waiting, limit] = await Promise.all([
      holdersOf(db.read, gate, holdersShown),
      countHolders(db.read, gate),
      countWaiting(db.read, gate, waitingCounted),
      largestCapacity(db.read, gate),
    ]);
    return { name: gate.slice(lockGate.length), limit, held, holders: holders.map(holderOf), waiting };
  }

  return {
    async list() {
      const items: Lock[] = [];
      let next = await gateAfter(db.read, lockGate);
      for (; next?.gate.startsWith(lockGate) && items.length < locksShown; next = await gateAfter(db.read, next.gate))
        items.push(await lockAt(next.gate));
      return { items, truncated: next?.gate.startsWith(lockGate) === true };
    },

    async whyNot(executions) {
      const known = new Map<string, { readonly held: number; readonly holders: readonly Holder[] }>();
      const texts = new Map<string, string>();
      for (const { id, gates } of executions) {
        for (const gate of gates) {
          const now = known.get(gate.gate) ?? (await stateOf(gate.gate));
          known.set(gate.gate, now);
          if (now.held >= gate.capacity && !texts.has(id)) texts.set(id, waitText(gate, now.held, now.holders));
        }
      }
      return texts;
    },
  };

  async function stateOf(gate: string) {
    const [held, rows] = await Promise.all([countHolders(db.read, gate), holdersOf(db.read, gate, holdersNamed)]);
    return { held, holders: rows.map(({ id, agent_name }) => ({ execution: id, agentName: agent_name })) };
  }
}

const holderOf = (row: HolderRow): Lock['holders'][number] => ({
  execution: row.id,
  run: row.run_id,
  taskId: row.task_id,
  taskName: row.task_name,
  agentName: row.agent_name,
  state: row.state,
});
