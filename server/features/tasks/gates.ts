import type { Policy } from '../../../shared/api/tasks.ts';

/**
 * A gate lets so many executions be under way at a time: one for a task that says `maxConcurrent`, one for each named lock.
 *
 *   queued ──> offered ──> running, unknown, cancelling ──> final
 *   waits      holds all of its gates, or none               lets go
 *
 * It lets go when it goes back to the queue without having started. One that started, ended badly and waits for its retry keeps what it
 * holds: half of a database restart is still a restart. What is held is in `execution_gates`, changed in the transaction that moves
 * the execution, and every execution ends.
 */
export type Gate = { readonly gate: string; readonly capacity: number };

export const gatesOf = (taskId: string, { maxConcurrent, locks }: Pick<Policy, 'maxConcurrent' | 'locks'>): Gate[] => [
  ...(maxConcurrent === null ? [] : [{ gate: `${taskGate}${taskId}`, capacity: maxConcurrent }]),
  ...locks.map(({ name, limit }) => ({ gate: `${lockGate}${name}`, capacity: limit })),
];

const taskGate = 'task:';
export const lockGate = 'lock:';

export type Holder = { readonly execution: string; readonly agentName: string | null };

/** What a closed gate is waited for, and for whom. `holders` may be some of them. */
export function waitText({ gate, capacity }: Gate, held: number, holders: readonly Holder[]): string {
  const named = holders.map(({ execution, agentName }) => (agentName === null ? execution : `${execution} on ${agentName}`));
  const whom = [...named, ...(held > named.length ? [`${held - named.length} more`] : [])].join(', ');
  const what = gate.startsWith(lockGate)
    ? `the lock ${gate.slice(lockGate.length)} (${capacity} at a time)`
    : `its turn: ${capacity} of this task run at a time`;
  return `Waits for ${what}, held by ${whom}.`;
}
