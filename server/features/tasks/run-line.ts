import type { Writer } from '../../schema/schema.ts';
import { anyQueuedOfRun, waitingInLine } from './executions.store.ts';
import { parsePolicy } from './policy-text.ts';
import type { ExecutionRow } from './rows.ts';
import { activeRunsOf, findRun, oldestActiveRunOf } from './runs.store.ts';
import { splayed } from './splay.ts';

/** What of a unit of work of the ledger it needs. */
type Unit = {
  readonly writer: Writer;
  readonly now: number;
  touch(
    row: ExecutionRow,
    changes: Partial<Pick<ExecutionRow, 'deadline_at' | 'expires_at' | 'reason' | 'reason_text' | 'not_before'>>,
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
  if (next === undefined || !(await isInLine(unit, next.id))) return;
  // one that is past its time is ended by the sweep
  const rows = (await waitingInLine(unit.writer, next.id)).filter((row) => row.expires_at > unit.now);
  const run = await findRun(unit.writer, next.id);
  const { splaySeconds } = parsePolicy(run?.policy ?? '{}');
  for (const row of rows) {
    const ready = { not_before: unit.now, deadline_at: row.expires_at, reason: 'waiting', reason_text: null } as const;
    await unit.touch(row, { ...ready, ...splayed(row, splaySeconds, unit.now) });
  }
}

/** The run of the task that waits for one before it, if there is one: runs by hand and others that do not wait may be newer. */
export async function waitingRun(unit: Pick<Unit, 'writer'>, taskId: string): Promise<{ id: string } | undefined> {
  for (const run of await activeRunsOf(unit.writer, taskId, lookedAtMost)) if (await isInLine(unit, run.id)) return run;
  return undefined;
}

/** Active runs of one task are many only where they may run beside each other. */
const lookedAtMost = 20;

/** Asked of one row: a run may have a hundred thousand. */
const isInLine = async ({ writer }: Pick<Unit, 'writer'>, runId: string): Promise<boolean> =>
  (await anyQueuedOfRun(writer, runId))?.reason === 'run_before';
