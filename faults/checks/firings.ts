import type { RunsTable } from '../../server/schema/tables/tasks.tables.ts';
import type { Facts, Violation } from '../facts.ts';

/** Each due time of an Interval task has exactly one run, or is among those that a row of missed ones tells of. */
export function checkFirings(ledger: Facts['ledger'], clockWasSet: boolean): Violation[] {
  const violations: Violation[] = [];
  const byTask = Map.groupBy(ledger.runs, ({ task_id }) => task_id);
  for (const task of ledger.tasks) {
    if (task.type === 'Adhoc') continue;
    const found = (what: string): void =>
      void violations.push({
        promise: 'every firing leaves a row',
        what: `${task.type} task ${task.name} (${task.id}): ${what}`,
      });
    const runs = (byTask.get(task.id) ?? [])
      .filter(({ trigger }) => trigger !== 'manual')
      .sort((a, b) => a.fired_at - b.fired_at);
    const twice = runs.find((run, index) => runs[index - 1]?.fired_at === run.fired_at);
    if (twice !== undefined) found(`it fired twice for ${twice.fired_at}`);
    if (clockWasSet) continue;
    const every = task.type === 'Interval' ? (task.every_seconds ?? 0) * 1000 : 2000;
    let due = task.type === 'Interval' ? task.created_at + every : firstEven(task.created_at);
    for (const run of runs) {
      if (run.fired_at !== due) {
        found(`due at ${due}, but its next row is of ${run.fired_at}`);
        break;
      }
      due = lastTold(run, ledger) + every;
    }
    // it was paused at its last change
    if (due < task.updated_at - every - 1000)
      found(`the last row is of ${due - every}, but it was active until ${task.updated_at}`);
  }
  return violations;
}

const firstEven = (createdAt: number): number => (Math.floor(createdAt / 2000) + 1) * 2000;

/** The last firing that a row stands for: its own, or of those that were missed together. */
function lastTold(run: RunsTable, ledger: Facts['ledger']): number {
  if (run.skipped !== run.total) return run.fired_at;
  const row = ledger.executions.find(({ run_id }) => run_id === run.id);
  if (row?.reason !== 'misfired') return run.fired_at;
  const to = /due from \S+ to (\S+?),/.exec(row.reason_text ?? '')?.[1];
  return to === undefined ? run.fired_at : Date.parse(to);
}
