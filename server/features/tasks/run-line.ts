import type { Writer } from '../../schema/schema.ts';
import { waitingInLine } from './executions.store.ts';
import type { ExecutionRow } from './rows.ts';
import { parsePolicy } from './run-specs.ts';
import { activeRunOf, findRun, oldestActiveRunOf } from './runs.store.ts';
import { splayed } from './splay.ts';

/** What of a unit of work of the ledger it needs. */
type Unit = {
  readonly writer: Writer;
  readonly now: number;
  touch(
    row: ExecutionRow,
    changes: Partial<Pick<ExecutionRow, 'deadline_at' | 'reason' | 'reason_text' | 'not_before'>>,
  ): Promise<ExecutionRow>;
};

/**
 * A run of a task may wait for the run before it (`overlap: queue` and `replace`): its rows are queued with the reason `run_before`, and
 * not ready before they expire. The transaction in which the run before it ends lets them go.
 */
export const waitingFor = (row: ExecutionRow, runId: string): ExecutionRow => ({
  ...row,
  not_before: row.expires_at,
  deadline_at: row.expires_at,
  reason: 'run_before',
  reason_text: `Waits for the run before it, ${runId}, to end.`,
});

/** A run of the task has ended: the oldest one that is active goes, if it waits. */
export async function letNextRunGo(unit: Unit, taskId: string): Promise<void> {
  const next = await oldestActiveRunOf(unit.writer, taskId);
  const rows = next === undefined ? [] : await waitingInLine(unit.writer, next.id);
  if (next === undefined || rows.length === 0) return;
  const run = await findRun(unit.writer, next.id);
  const { splaySeconds } = parsePolicy(run?.policy ?? '{}');
  for (const row of rows) {
    const ready = { not_before: unit.now, deadline_at: row.expires_at, reason: 'waiting', reason_text: null } as const;
    await unit.touch(row, { ...ready, ...splayed(row, splaySeconds, unit.now) });
  }
}

/** The newest active run of the task, and whether it waits for one before it already. */
export async function lastInLine(unit: Unit, taskId: string): Promise<{ id: string; waits: boolean } | undefined> {
  const active = await activeRunOf(unit.writer, taskId);
  return active === undefined ? undefined : { id: active.id, waits: (await waitingInLine(unit.writer, active.id)).length > 0 };
}
