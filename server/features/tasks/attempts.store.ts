import type { Reader, Writer } from '../../schema/schema.ts';
import type { AttemptRow } from './rows.ts';

/** Attempts that were followed by another one, or by none; the current one is in the row of its execution. Index: the primary key. */

export const attemptsOf = (db: Reader, executionId: string): Promise<AttemptRow[]> =>
  db.selectFrom('attempts').selectAll().where('execution_id', '=', executionId).orderBy('attempt').execute();

export const insertAttempt = (writer: Writer, row: AttemptRow) =>
  writer
    .insertInto('attempts')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();

/** So many attempts that never started are kept of an execution: an offer that is declined for a year must not fill the disk. */
export const unstartedKept = 20;

/** Forgets of the attempts that never started those that are older than the newest ones. */
export const pruneUnstarted = (writer: Writer, executionId: string, newest: number) =>
  writer
    .deleteFrom('attempts')
    .where('execution_id', '=', executionId)
    .where('attempt', '<=', newest - unstartedKept)
    .where('outcome', '=', 'not_started')
    .execute();

export type UnstartedAttempt = Pick<AttemptRow, 'attempt' | 'agent_id' | 'reason'>;

/** The attempts since the last one that started, newest first. */
export async function unstartedSince(db: Reader | Writer, executionId: string): Promise<UnstartedAttempt[]> {
  const latest = await latestAttempts(db, executionId);
  const started = latest.findIndex(({ outcome }) => outcome !== 'not_started');
  return started === -1 ? latest : latest.slice(0, started);
}

/** The newest attempts, newest first. */
export const latestAttempts = (
  db: Reader | Writer,
  executionId: string,
): Promise<(UnstartedAttempt & Pick<AttemptRow, 'outcome'>)[]> =>
  db
    .selectFrom('attempts')
    .select(['attempt', 'agent_id', 'reason', 'outcome'])
    .where('execution_id', '=', executionId)
    .orderBy('attempt', 'desc')
    .limit(unstartedKept)
    .execute();
