import type { ExecutionsTable } from '../../../server/schema/tables/tasks.tables.ts';
import { heldStates, isFinal } from '../../../shared/states.ts';
import { must, type Snapshot } from './rows.ts';

/** Never more at a time than the limit says, and nobody holds anything who has nothing to do with it. */
export function checkGates({ executions, gates }: Snapshot): void {
  const rows = new Map(executions.map((row) => [row.id, row]));
  for (const { execution_id: id, gate, held } of gates) {
    const row = rows.get(id);
    must(row !== undefined && !isFinal(row.state), `${id} is at ${gate}, and ${row?.state}`);
    must(held === 1 || row.state === 'queued', `${id} is ${row.state} without holding ${gate}`);
    must(held === 0 || row.state !== 'queued' || row.retries > 0, `${id} has not begun, and holds ${gate}`);
  }
  for (const { id, gates: count, state } of executions) {
    const there = gates.filter(({ execution_id }) => execution_id === id).length;
    must(there === (isFinal(state) ? 0 : count), `${id} is ${state} at ${there} of ${count} gates`);
  }
  for (const gate of new Set(gates.map((row) => row.gate))) {
    const holders = gates.filter((row) => row.gate === gate && row.held === 1);
    const most = Math.max(0, ...holders.map(({ capacity }) => capacity));
    must(holders.length <= most, `${holders.length} hold ${gate}, which lets ${most} pass`);
    const under = holders.filter(({ execution_id: id }) => heldStates.includes(rows.get(id)?.state ?? 'queued'));
    must(under.length <= most, `${under.length} are under way at ${gate}, which lets ${most} pass`);
  }
}

/** One of its gates is closed, or somebody who came before it and waits for another gate keeps the place. */
export function isHeldBack(row: ExecutionsTable, { gates }: Snapshot): boolean {
  const own = gates.filter(({ execution_id }) => execution_id === row.id);
  if (own.some(({ held }) => held === 1)) return false;
  return own.some(({ gate, capacity }) => {
    const others = gates.filter((other) => other.gate === gate && other.execution_id !== row.id);
    const before = others.filter(({ held, execution_id: id }) => held === 1 || id < row.id);
    return before.length >= capacity && (before.some(({ held }) => held === 1) || hasOtherGate(before, gates));
  });
}

const hasOtherGate = (before: Snapshot['gates'], gates: Snapshot['gates']): boolean =>
  before.some(({ execution_id: id }) => gates.filter((row) => row.execution_id === id).length > 1);
