import type { ExecutionCase, Violation } from '../facts.ts';

/** At most one start per attempt, only of attempts that the ledger confirmed, never two at a time, and no silent retry. */
export function checkStarts({ row, policy, attempts, evidence }: ExecutionCase): Violation[] {
  const violations: Violation[] = [];
  const found = (promise: string, what: string): void => void violations.push({ promise, what });

  const confirmed = new Set(
    attempts.filter(({ outcome, started_at }) => outcome !== 'not_started' && started_at !== null).map(({ attempt }) => attempt),
  );
  if (row.started_at !== null) confirmed.add(row.attempt);

  const started = [...evidence.values()].filter(({ starts }) => starts.length > 0).sort((a, b) => a.attempt - b.attempt);
  for (const { attempt, starts } of started) {
    if (starts.length > 1) found('one start per attempt', `attempt ${attempt} was started ${starts.length} times`);
    if (!confirmed.has(attempt))
      found('only confirmed work starts', `attempt ${attempt} was started, but the ledger did not confirm it`);
  }
  for (const [index, later] of started.entries()) {
    const earlier = started[index - 1];
    const startedAt = later.starts[0]?.at ?? 0;
    if (earlier !== undefined && earlier.lastAt > startedAt)
      found(
        'no two live attempts',
        `attempt ${later.attempt} began ${earlier.lastAt - startedAt} ms before attempt ${earlier.attempt} did its last`,
      );
  }
  if (started.length > 1 + policy.retries.count)
    found('no silent retry', `it was started in ${started.length} attempts, but its task allows ${policy.retries.count} retries`);
  for (const { attempt, outcome } of attempts)
    if (outcome === 'lost' && !policy.idempotent)
      found('no silent retry', `attempt ${attempt} was lost and another followed, though the task is not idempotent`);
  return violations;
}
