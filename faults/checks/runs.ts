import type { ExecutionsTable, RunsTable } from '../../server/schema/tables/tasks.tables.ts';
import { runStateOf } from '../../shared/run-states.ts';
import { finalStates } from '../../shared/states.ts';
import type { Violation } from '../facts.ts';

/** The counts of a run are those of its executions. */
export function checkRun(run: RunsTable, executions: readonly ExecutionsTable[]): Violation[] {
  const violations: Violation[] = [];
  const found = (what: string): void =>
    void violations.push({ promise: 'counts of a run', what: `${run.id} (${run.task_name}): ${what}` });
  if (executions.length === 0) found('it has no execution: a firing left no row');
  if (run.total !== executions.length) found(`its total is ${run.total}, it has ${executions.length} executions`);
  const open = executions.filter((row) => row.open === 1).length;
  if (run.open !== open) found(`it says ${run.open} open, there are ${open}`);
  const columns = run as unknown as Record<string, number>;
  const counts: Record<string, number> = {};
  for (const state of finalStates) {
    counts[state] = executions.filter((row) => row.state === state).length;
    if (columns[state] !== counts[state]) found(`it says ${columns[state]} ${state}, there are ${counts[state]}`);
  }
  const state = runStateOf({ ...counts, open });
  if (run.state !== state) found(`it is ${run.state}, its executions make it ${state}`);
  return violations;
}
