import { isFinal } from '../../shared/states.ts';
import type { ExecutionCase, Violation } from '../facts.ts';

/** Everything ends, and the end in the ledger is that of the work. */
export function checkEnd({ row, run, policy, attempts, evidence, cancelAsked }: ExecutionCase): Violation[] {
  const violations: Violation[] = [];
  const found = (promise: string, what: string): void => void violations.push({ promise, what });

  if (!isFinal(row.state) || row.open !== 0) {
    found('everything ends', `it is still ${row.state}`);
    return violations;
  }
  if (row.reason === null) found('every row says why', `it is ${row.state} without a reason`);
  if (row.finished_at === null) found('every row says why', `it is ${row.state} without a time of its end`);
  if (row.deadline_at !== null) found('everything ends', 'it is final and has a deadline');

  const mine = evidence.get(row.attempt);
  const end = mine?.ends.at(-1)?.status;
  const anyStart = [...evidence.values()].some(({ starts }) => starts.length > 0);
  switch (row.state) {
    case 'succeeded':
      if (end !== 'success')
        found(
          'result of the work',
          `it succeeded, but its work ${end === undefined ? 'did not come to its end' : `ended ${end}`}`,
        );
      if (row.data !== null && isNodeWork(run.plugin) && (JSON.parse(row.data) as { attempt?: number }).attempt !== row.attempt)
        found('result of the work', `its data are of another attempt: ${row.data}`);
      break;
    case 'failed':
      if (row.reason === 'if_offline' && anyStart) found('result of the work', 'it failed because its host was away, but it ran');
      if (row.reason === 'status_failed' && end !== 'failed')
        found('result of the work', `the plugin is said to have failed, but its work ${end ?? 'did not come to its end'}`);
      if (row.reason === 'exit_code' && row.exit_code === 3 && end !== 'failed')
        found('result of the work', 'its exit code says failed, but its work did not');
      if (row.reason !== 'if_offline' && row.reason !== 'expired' && end === 'success')
        found('result of the work', `it is failed (${row.reason}: ${row.message}), but its work ended well`);
      break;
    case 'timed_out':
      if (
        policy.timeoutSeconds > 30 &&
        row.reason === 'time_limit' &&
        (row.duration_ms ?? Number.POSITIVE_INFINITY) < policy.timeoutSeconds * 900
      )
        found('result of the work', `it timed out after ${row.duration_ms} ms, its limit is ${policy.timeoutSeconds} s`);
      break;
    case 'cancelled':
      if (!cancelAsked) found('result of the work', `it is cancelled (${row.reason}), but nobody asked for it`);
      break;
    case 'expired':
    case 'skipped':
      if (anyStart) found('result of the work', `it is ${row.state}, but it ran`);
      break;
    case 'rejected':
      if ((mine?.starts.length ?? 0) > 0) found('result of the work', 'it was rejected, but it ran');
      break;
    default:
      break;
  }
  for (const { attempt, outcome } of attempts) {
    const ended = evidence.get(attempt)?.ends.at(-1)?.status;
    if (outcome === 'failed' && ended === 'success')
      found('result of the work', `attempt ${attempt} is recorded as failed, but its work ended well`);
    if (outcome === 'succeeded') found('result of the work', `attempt ${attempt} succeeded, and another followed`);
  }
  return violations;
}

const isNodeWork = (plugin: string): boolean => plugin !== 'bash-work';
