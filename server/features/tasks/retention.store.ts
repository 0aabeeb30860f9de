import { sql } from 'kysely';
import type { Reader, Writer } from '../../schema/schema.ts';

/** What is removed for its age, oldest first. Every statement finds its rows by an index and touches a bounded number of them. */

export type Ended = { readonly id: string; readonly finished_at: number };

/** The runs that ended first, of those that ended before `before`. Index: runs_by_end. */
export const oldestRuns = (db: Reader, before: number, limit: number): Promise<{ id: string; task_id: string }[]> =>
  db
    .selectFrom('runs')
    .select(['id', 'task_id'])
    .where('finished_at', 'is not', null)
    .where('finished_at', '<', before)
    .orderBy('finished_at')
    .orderBy('id')
    .limit(limit)
    .execute();

/** The `skip`th run that ended before this one, going back in time. Index: runs_by_end. */
export function runBehind(db: Reader, { finished_at, id }: Ended, skip: number): Promise<Ended | undefined> {
  return db
    .selectFrom('runs')
    .select(['id', 'finished_at'])
    .where('finished_at', 'is not', null)
    .where((eb) => eb(eb.refTuple('finished_at', 'id'), '<', eb.tuple(finished_at, id)))
    .orderBy('finished_at', 'desc')
    .orderBy('id', 'desc')
    .offset(skip - 1)
    .limit(1)
    .$narrowType<{ finished_at: number }>()
    .executeTakeFirst();
}

/** Index: executions_by_run. */
export const executionsOfRun = (db: Reader, runId: string, limit: number): Promise<{ id: string; log_bytes: number }[]> =>
  db.selectFrom('executions').select(['id', 'log_bytes']).where('run_id', '=', runId).orderBy('id').limit(limit).execute();

/** With their attempts; late results go with them by their reference. Indexes: the primary keys. */
export async function deleteExecutions(writer: Writer, ids: readonly string[]): Promise<void> {
  await writer
    .deleteFrom('attempts')
    .where('execution_id', 'in', [...ids])
    .execute();
  await writer
    .deleteFrom('executions')
    .where('id', 'in', [...ids])
    .execute();
}

export async function deleteRun(writer: Writer, id: string): Promise<void> {
  await writer.deleteFrom('runs').where('id', '=', id).execute();
}

/** Index: runs_by_task. */
export const anyRunOf = (writer: Writer, taskId: string): Promise<{ id: string } | undefined> =>
  writer.selectFrom('runs').select('id').where('task_id', '=', taskId).limit(1).executeTakeFirst();

/** A task that will not fire again (Adhoc, or deleted), with its versions. @returns whether it was one */
export async function deleteSpentTask(writer: Writer, id: string): Promise<boolean> {
  const { numDeletedRows } = await writer
    .deleteFrom('tasks')
    .where('id', '=', id)
    .where((eb) => eb.or([eb('type', '=', 'Adhoc'), eb('deleted_at', 'is not', null)]))
    .executeTakeFirstOrThrow();
  if (numDeletedRows === 0n) return false;
  await writer.deleteFrom('task_versions').where('task_id', '=', id).execute();
  return true;
}

export const forgetLastRun = (writer: Writer, taskId: string, runId: string) =>
  writer.updateTable('tasks').set({ last_run_id: null }).where('id', '=', taskId).where('last_run_id', '=', runId).execute();

/**
 * The execution that ended first of those that have their log yet, if that was before `before`. The conditions repeat those of the
 * partial index as text. Index: executions_with_log.
 */
export const oldestLog = (db: Reader, before: number): Promise<{ id: string } | undefined> =>
  db
    .selectFrom('executions')
    .select('id')
    .where('log_bytes', '>', sql.lit(0))
    .where('open', '=', sql.lit(0))
    .where('duration_ms', 'is not', null)
    .where('log_removed_at', 'is', null)
    .where('finished_at', '<', before)
    .orderBy('finished_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();

export const markLogRemoved = (writer: Writer, id: string, now: number) =>
  writer.updateTable('executions').set({ log_removed_at: now }).where('id', '=', id).execute();
