import type { TaskType } from '../../../shared/api/tasks.ts';
import type { Reader, Writer } from '../../schema/schema.ts';
import type { TaskVersionsTable } from '../../schema/tables/tasks.tables.ts';
import type { TaskRow } from './rows.ts';

export const findTask = (db: Reader | Writer, id: string): Promise<TaskRow | undefined> =>
  db.selectFrom('tasks').selectAll().where('id', '=', id).where('deleted_at', 'is', null).executeTakeFirst();

export const findTasks = (db: Reader, ids: readonly string[]): Promise<TaskRow[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : db
        .selectFrom('tasks')
        .selectAll()
        .where('id', 'in', [...ids])
        .execute();

export const insertTask = (writer: Writer, row: TaskRow) => writer.insertInto('tasks').values(row).execute();

export const updateTask = (writer: Writer, id: string, changes: Partial<TaskRow>) =>
  writer.updateTable('tasks').set(changes).where('id', '=', id).execute();

export const insertTaskVersion = (writer: Writer, row: TaskVersionsTable) =>
  writer.insertInto('task_versions').values(row).execute();

/** Active tasks whose time has come, most overdue first. Index: tasks_due. */
export const dueTasks = (db: Reader, now: number, limit: number): Promise<TaskRow[]> =>
  db
    .selectFrom('tasks')
    .selectAll()
    .where('status', '=', 'active')
    .where('next_fire_at', '<=', now)
    .orderBy('next_fire_at')
    .limit(limit)
    .execute();

/** The time of the next firing of all, or undefined if nothing is scheduled. Index: tasks_due. */
export async function nextDueAt(db: Reader): Promise<number | undefined> {
  const row = await db
    .selectFrom('tasks')
    .select('next_fire_at')
    .where('status', '=', 'active')
    .where('next_fire_at', 'is not', null)
    .orderBy('next_fire_at')
    .limit(1)
    .executeTakeFirst();
  return row?.next_fire_at ?? undefined;
}

export type TaskFilter = {
  readonly status?: TaskRow['status'] | undefined;
  readonly type?: TaskType | undefined;
  readonly plugin?: string | undefined;
};

/** Newest first, by keyset on the id; one index per filter. */
export function listTasks(db: Reader, filter: TaskFilter, after: string | undefined, limit: number): Promise<TaskRow[]> {
  let query = db.selectFrom('tasks').selectAll().where('deleted_at', 'is', null);
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.type !== undefined) query = query.where('type', '=', filter.type);
  if (filter.plugin !== undefined) query = query.where('plugin', '=', filter.plugin);
  if (after !== undefined) query = query.where('id', '<', after);
  return query.orderBy('id', 'desc').limit(limit).execute();
}
