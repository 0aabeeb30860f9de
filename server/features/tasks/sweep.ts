import { reasonCodes } from '../../../shared/reasons.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../schema/schema.ts';
import { endAttempt, endForGood, requeue, unanswered } from './attempts.ts';
import { type Canceller, type StopOrder, stopOf } from './cancel.service.ts';
import { findExecution, pastDeadline } from './executions.store.ts';
import type { Ledger, LedgerUnit } from './ledger.ts';
import type { ExecutionRow } from './rows.ts';
import type { RunSpecs } from './run-specs.ts';

/**
 * Everything ends: each state that is not final has a deadline, and this is who looks at it.
 *
 *   queued      back-off over → offered as soon as possible;  expiry over → expired (or failed, when attempts failed before it)
 *   offered     nobody accepted → queued again
 *   running     well past its time limit → told to stop (cancelling)
 *   unknown     the agent did not return → lost
 *   cancelling  no answer → cancelled (or timed_out) on the ledger alone
 */
export type SweepResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly specs: RunSpecs;
  readonly canceller: Canceller;
  readonly random: () => number;
};

const batchSize = 500;

/** @returns the number of rows that were past their deadline; a full batch means that there may be more */
export async function sweepOnce(resources: SweepResources): Promise<{ swept: number; more: boolean }> {
  const { db, clock, ledger, canceller } = resources;
  const due = await pastDeadline(db.read, clock.now(), batchSize);
  if (due.length === 0) return { swept: 0, more: false };
  const orders = await ledger.write(async (unit) => {
    const stops: (StopOrder | undefined)[] = [];
    for (const { id } of due) {
      const row = await findExecution(unit.writer, id);
      // it moved on since it was read
      if (row === undefined || row.deadline_at === null || row.deadline_at > unit.now) continue;
      stops.push(await endState(unit, row, resources));
    }
    return stops.filter((order) => order !== undefined);
  });
  canceller.send(orders);
  return { swept: due.length, more: due.length === batchSize };
}

async function endState(unit: LedgerUnit, row: ExecutionRow, { specs, random }: SweepResources): Promise<StopOrder | undefined> {
  const { policy } = await specs.of(row.run_id);
  switch (row.state) {
    case 'queued':
      await endWaiting(unit, row);
      return undefined;
    case 'offered':
      await requeue(unit, row, 'lease_ended');
      return stopOf(row, 0, 'given_up');
    case 'running': {
      const deadline = unit.now + policy.graceSeconds * 1000 + 30_000;
      await unit.move(row, 'cancelling', { reason: 'time_limit', deadline_at: deadline });
      return stopOf(row, policy.graceSeconds, 'cancel');
    }
    case 'unknown':
      await endAttempt(unit, row, unanswered('lost', 'given_up', row), policy, random);
      return undefined;
    case 'cancelling': {
      const outOfTime = row.reason === 'time_limit';
      await endForGood(
        unit,
        row,
        unanswered(outOfTime ? 'timed_out' : 'cancelled', outOfTime ? 'time_limit' : 'cancel_forced', row),
      );
      return stopOf(row, 0, 'given_up');
    }
    default:
      return undefined;
  }
}

async function endWaiting(unit: LedgerUnit, row: ExecutionRow): Promise<void> {
  if (unit.now < row.expires_at) {
    await unit.touch(row, { deadline_at: row.expires_at, reason: 'waiting', reason_text: null });
  } else if (row.retries === 0) {
    await unit.move(row, 'expired', { reason: 'expired', message: reasonCodes.expired });
  } else {
    await unit.move(row, 'failed', {
      reason: 'expired',
      reason_text: `No host took retry ${row.retries} in time; the attempt before it had ended badly.`,
      message: row.message,
    });
  }
}
