import { reasonCodes } from '../../../shared/reasons.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import { endAttempt, endForGood, fallSilent, requeue, unanswered } from './attempts.ts';
import { answerMarginMs, type Canceller, type StopOrder, stopOf } from './cancel.service.ts';
import { findExecution, pastDeadline } from './executions.store.ts';
import type { Ledger, LedgerUnit } from './ledger.ts';
import type { ExecutionRow } from './rows.ts';
import type { RunSpecs } from './run-specs.ts';

/**
 * Everything ends: each state that is not final has a deadline, and this is who looks at it.
 *
 *   queued      back-off over → offered as soon as possible;  expiry over → expired (or failed, when attempts failed before it)
 *   offered     nobody accepted → queued again
 *   running     well past its time limit → told to stop (cancelling); with an agent that is away → unknown, since it may have the end
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
  /** whether the agent is connected, or is about to be */
  readonly isHere: (agentId: string) => boolean;
  readonly logSizeIn: (writer: Writer, executionId: string) => Promise<number>;
  readonly lostAfterSeconds: number;
};

const batchSize = 500;

/**
 * Each row is a unit of its own (they share commits all the same), so that one that cannot be ended does not keep the others open.
 * @returns the number of rows that were past their deadline; a full batch means that there may be more
 */
export async function sweepOnce(resources: SweepResources): Promise<{ swept: number; more: boolean }> {
  const { db, clock, canceller } = resources;
  const due = await pastDeadline(db.read, clock.now(), batchSize);
  const results = await Promise.allSettled(due.map(({ id }) => sweepRow(id, resources)));
  canceller.send(results.flatMap((result) => (result.status === 'fulfilled' && result.value ? [result.value] : [])));
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
  return { swept: due.length, more: due.length === batchSize };
}

const sweepRow = (id: string, resources: SweepResources): Promise<StopOrder | undefined> =>
  resources.ledger.write(async (unit) => {
    const row = await findExecution(unit.writer, id);
    // it moved on since it was read
    if (row === undefined || row.deadline_at === null || row.deadline_at > unit.now) return undefined;
    return endState(unit, row, resources);
  });

async function endState(unit: LedgerUnit, row: ExecutionRow, resources: SweepResources): Promise<StopOrder | undefined> {
  const { specs, random, isHere, logSizeIn, lostAfterSeconds } = resources;
  switch (row.state) {
    case 'queued':
      await endWaiting(unit, row);
      return undefined;
    case 'offered':
      await requeue(unit, row, 'lease_ended');
      return stopOf(row, 0, 'given_up');
    case 'running': {
      if (row.agent_id !== null && !isHere(row.agent_id)) {
        await fallSilent(unit, row, lostAfterSeconds);
        return undefined;
      }
      const { policy } = await specs.of(row.run_id);
      const deadline = unit.now + policy.graceSeconds * 1000 + answerMarginMs;
      await unit.move(row, 'cancelling', { reason: 'time_limit', deadline_at: deadline });
      return stopOf(row, policy.graceSeconds, 'cancel');
    }
    case 'unknown': {
      const end = unanswered('lost', 'given_up', row, await logSizeIn(unit.writer, row.id));
      await endAttempt(unit, row, end, (await specs.of(row.run_id)).policy, random);
      return undefined;
    }
    case 'cancelling': {
      const logBytes = await logSizeIn(unit.writer, row.id);
      const end =
        row.reason === 'time_limit'
          ? unanswered('timed_out', 'time_limit', row, logBytes)
          : unanswered('cancelled', 'cancel_forced', row, logBytes);
      await endForGood(unit, row, end);
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
