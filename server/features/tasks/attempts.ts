import type { Policy } from '../../../shared/api/tasks.ts';
import { formatDuration } from '../../../shared/durations.ts';
import { isReasonCode, type ReasonCode, reasonCodes } from '../../../shared/reasons.ts';
import type { AttemptOutcome } from '../../../shared/states.ts';
import { decideAfterAttempt } from './attempt-end.ts';
import type { LedgerUnit } from './ledger.ts';
import type { ExecutionRow } from './rows.ts';

/** How an attempt ended, from the agent's result or from the server's own conclusion. */
export type AttemptEnd = {
  readonly outcome: AttemptOutcome;
  readonly reason: ReasonCode;
  readonly message: string | null;
  readonly exitCode: number | null;
  /** JSON text */
  readonly data: string | null;
  /** where the log in the ledger ends */
  readonly logBytes: number;
  readonly cutBytes: number;
  readonly durationMs: number | null;
  /** of all its output, where its agent told it */
  readonly outputSha256?: string | undefined;
};

export const unanswered = (outcome: AttemptOutcome, reason: ReasonCode, row: ExecutionRow, logBytes: number): AttemptEnd => ({
  outcome,
  reason,
  message: reasonCodes[reason],
  exitCode: null,
  data: null,
  logBytes,
  cutBytes: row.cut_bytes,
  durationMs: null,
});

/** Agents may be newer than the server: a reason that it does not know becomes the plain one of its outcome. */
export function reasonOf(code: string, outcome: AttemptOutcome): ReasonCode {
  if (isReasonCode(code)) return code;
  const plain: Record<AttemptOutcome, ReasonCode> = {
    succeeded: 'finished', failed: 'plugin_error', timed_out: 'time_limit', cancelled: 'cancel_requested', rejected: 'plugin_unknown', lost: 'agent_restarted',
  }; // biome-ignore format: a table
  return plain[outcome];
}

/** Ends the attempt: the execution is final, or goes back to the queue for its next attempt. */
export function endAttempt(
  unit: LedgerUnit,
  row: ExecutionRow,
  end: AttemptEnd,
  policy: Policy,
  random: () => number,
): Promise<ExecutionRow> {
  const decision = decideAfterAttempt(
    { outcome: end.outcome, retries: row.retries, cancelling: row.state === 'cancelling' },
    policy,
    unit.now,
    random,
  );
  if (decision.kind === 'final') return endForGood(unit, row, end);
  return retry(unit, row, end, decision.notBefore, policy);
}

export const endForGood = (unit: LedgerUnit, row: ExecutionRow, end: AttemptEnd): Promise<ExecutionRow> =>
  unit.move(row, end.outcome, {
    reason: end.reason,
    reason_text: whoCancelled(row, end),
    message: end.message,
    exit_code: end.exitCode,
    data: end.data,
    log_bytes: end.logBytes,
    cut_bytes: end.cutBytes,
    duration_ms: end.durationMs,
    outputSha256: end.outputSha256,
  });

function whoCancelled(row: ExecutionRow, { outcome, reason }: AttemptEnd): string | null {
  if (outcome !== 'cancelled' || row.state !== 'cancelling' || row.reason !== 'cancel_requested') return null;
  return reason === 'cancel_forced' ? `${row.reason_text} ${reasonCodes.cancel_forced}` : row.reason_text;
}

async function retry(
  unit: LedgerUnit,
  row: ExecutionRow,
  end: AttemptEnd,
  notBefore: number,
  policy: Policy,
): Promise<ExecutionRow> {
  await unit.keepAttempt(row, end.outcome, end);
  const wait = formatDuration((notBefore - unit.now) / 1000);
  return unit.move(row, 'queued', {
    ...backToQueue(row),
    reason: 'retry_backoff',
    reason_text: `Attempt ${row.attempt} ended ${end.outcome}; retry ${row.retries + 1} of ${policy.retries.count} after ${wait}.`,
    retries: row.retries + 1,
    not_before: notBefore,
    deadline_at: notBefore,
    expires_at: notBefore + policy.expiresAfter * 1000,
    exit_code: end.exitCode,
    message: end.message,
    log_bytes: end.logBytes,
    cut_bytes: end.cutBytes,
  });
}

/** For an attempt that certainly never started: back to the queue, no retry used. `pauseMs` keeps a declined offer from spinning. */
export async function requeue(
  unit: LedgerUnit,
  row: ExecutionRow,
  reason: ReasonCode,
  detail?: { readonly text: string; readonly pauseMs: number },
): Promise<ExecutionRow> {
  await unit.keepAttempt(row, 'not_started', { reason, message: detail?.text ?? reasonCodes[reason], exitCode: null });
  const notBefore = unit.now + (detail?.pauseMs ?? 0);
  return unit.move(row, 'queued', {
    ...backToQueue(row),
    reason,
    reason_text: detail?.text ?? null,
    not_before: notBefore,
    deadline_at: notBefore > unit.now ? Math.min(notBefore, row.expires_at) : row.expires_at,
  });
}

/** The same where a cancel may have been under way, which then has nothing left to stop. */
export async function releaseUnstarted(
  unit: LedgerUnit,
  row: ExecutionRow,
  reason: ReasonCode,
  detail?: { readonly text: string; readonly pauseMs: number },
): Promise<ExecutionRow> {
  if (row.state !== 'cancelling') return requeue(unit, row, reason, detail);
  // the deadline of its time limit had passed, though it never ran
  if (row.reason === 'time_limit')
    return unit.move(row, 'cancelled', { reason: 'time_limit', reason_text: unstartedInTime, message: unstartedInTime });
  return unit.move(row, 'cancelled', {
    reason: 'cancel_requested',
    reason_text: row.reason_text,
    message: reasonCodes.cancel_requested,
  });
}

const unstartedInTime = 'Its time limit passed on the ledger, but the agent had never started it.';

/** The agent is away for too long, or came back without its memory: what it has is not known until it returns with it. */
export const fallSilent = (
  unit: LedgerUnit,
  row: ExecutionRow,
  lostAfterSeconds: number,
  reason: 'agent_silent' | 'journal_foreign' = 'agent_silent',
): Promise<ExecutionRow> => unit.move(row, 'unknown', { reason, deadline_at: unit.now + lostAfterSeconds * 1000 });

/** Beyond the time limit and the grace, the server steps in itself. */
const overdueMarginMs = 60_000;

/** The agent keeps the time limit of an attempt; this is when the server no longer believes that it will. */
export const runningDeadline = (policy: Policy, now: number): number =>
  now + (policy.timeoutSeconds + policy.graceSeconds) * 1000 + overdueMarginMs;

/** `Anyone` is free to choose another host next time. */
const backToQueue = (row: ExecutionRow) => ({
  ...(row.target === 'anyone' ? { agent_id: null, agent_name: null, assignment: null } : {}),
  offered_at: null,
  started_at: null,
});
