import type { Reader, Writer } from '../../schema/schema.ts';
import type { LateResultsTable } from '../../schema/tables/tasks.tables.ts';
import type { AttemptRow } from './rows.ts';

export type LateResultRow = Readonly<LateResultsTable>;

/** The first word about an attempt stands. Index: the primary key. */
export const insertLateResult = (writer: Writer, row: LateResultRow) =>
  writer
    .insertInto('late_results')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();

export async function hasLateResult(db: Reader | Writer, executionId: string, attempt: number): Promise<boolean> {
  const row = await db
    .selectFrom('late_results')
    .select('attempt')
    .where('execution_id', '=', executionId)
    .where('attempt', '=', attempt)
    .executeTakeFirst();
  return row !== undefined;
}

/** By attempt. Index: the primary key. */
export const lateResultsOf = (db: Reader, executionId: string): Promise<LateResultRow[]> =>
  db.selectFrom('late_results').selectAll().where('execution_id', '=', executionId).orderBy('attempt').execute();

/** An attempt that was followed by another one, or by none. Index: the primary key. */
export const findAttempt = (db: Reader | Writer, executionId: string, attempt: number): Promise<AttemptRow | undefined> =>
  db.selectFrom('attempts').selectAll().where('execution_id', '=', executionId).where('attempt', '=', attempt).executeTakeFirst();

/** Of the output that came with it; where the log ends was written with each chunk. */
export const noteLateCut = (writer: Writer, executionId: string, cutBytes: number) =>
  writer.updateTable('executions').set({ cut_bytes: cutBytes }).where('id', '=', executionId).where('open', '=', 0).execute();
