import type { ExecutionsTable } from '../../server/schema/tables/tasks.tables.ts';
import type { Facts, Violation } from '../facts.ts';

/** What was answered with 201 is there, whole, and once. */
export function checkAcknowledged(
  { ledger, posted, refused }: Facts,
  byRun: ReadonlyMap<string, readonly ExecutionsTable[]>,
): Violation[] {
  const violations: Violation[] = [];
  const found = (promise: string, what: string): void => void violations.push({ promise, what });
  const tasks = new Map(ledger.tasks.map((task) => [task.id, task]));
  const runs = new Map(ledger.runs.map((run) => [run.id, run]));
  for (const { item, taskId, runId } of posted) {
    if (!tasks.has(taskId)) found('acknowledged is kept', `the task ${taskId} (${item.name}) was acknowledged and is not there`);
    if (runId === null) continue;
    const run = runs.get(runId);
    if (run === undefined) found('acknowledged is kept', `the run ${runId} (${item.name}) was acknowledged and is not there`);
    else if ((byRun.get(runId) ?? []).length === 0) found('acknowledged is kept', `the run ${runId} (${item.name}) has no rows`);
  }
  for (const [name, same] of Map.groupBy(ledger.tasks, (task) => task.name))
    if (same.length > 1) found('one key, one task', `${name} was posted with one Idempotency-Key and made ${same.length} tasks`);
  for (const { item, answer } of refused) found('accepts valid work', `${item.name} was refused: ${answer.slice(0, 300)}`);
  return violations;
}
