import { reasonCodes } from '../../../shared/reasons.ts';
import type { Reader, Writer } from '../../schema/schema.ts';
import { endForGood, unanswered } from './attempts.ts';
import { findExecution } from './executions.store.ts';
import type { Ledger, LedgerUnit } from './ledger.ts';
import { openRows } from './queue.store.ts';

export type RestoredResources = {
  readonly read: Reader;
  readonly ledger: Ledger;
  readonly logSizeIn: (writer: Writer, executionId: string) => Promise<number>;
};

/** Moves that hold up nobody for long. */
const batchSize = 100;

/**
 * Ends all that is open in a ledger that was restored from a backup, before an agent is heard. The server worked on after the backup: an
 * execution that is queued in it may have run since, and a running one may have ended and been forgotten by its agent, whose journal would
 * then "prove" that it never started. So nothing of it may start again.
 *
 *   queued, offered ──> cancelled        the ledger has no start of it
 *   running, unknown, cancelling ──> lost        what its agent still brings is added as a late result
 *
 * @returns how many there were; a crash on the way leaves the rest for the next call
 */
export async function endOpenAfterRestore({ read, ledger, logSizeIn }: RestoredResources): Promise<number> {
  const open = await openRows(read);
  for (let from = 0; from < open.length; from += batchSize) {
    await ledger.write(async (unit) => {
      for (const { id } of open.slice(from, from + batchSize)) await endOne(unit, id, logSizeIn);
    });
  }
  return open.length;
}

async function endOne(unit: LedgerUnit, id: string, logSizeIn: RestoredResources['logSizeIn']): Promise<void> {
  const row = await findExecution(unit.writer, id);
  if (row === undefined || row.open === 0) return;
  if (row.state === 'queued' || row.state === 'offered')
    await unit.move(row, 'cancelled', { reason: 'restored', message: reasonCodes.restored });
  else await endForGood(unit, row, unanswered('lost', 'restored', row, await logSizeIn(unit.writer, id)));
}
