import { sql } from 'kysely';
import { type Params, prepare } from '../../platform/db/prepare.ts';
import { unindexed } from '../../platform/db/unindexed.ts';
import type { Reader, Writer } from '../../schema/schema.ts';
import type { TaskVersionsTable } from '../../schema/tables/tasks.tables.ts';
import type { TaskRow } from './rows.ts';
import { type NameRange, narrowestOf, type TaskFilter } from './task-filter.ts';

export const findTask = (db: Reader | Writer, id: string): Promise<TaskRow | undefined> => existing.first(db, { id });

const existing = prepare((db: Reader, p: Params<{ id: string }>) =>
  db.selectFrom('tasks').selectAll().where('id', '=', p('id')).where('deleted_at', 'is', null),
);

export const insertTask = (writer: Writer, row: TaskRow): Promise<number> => insert(writer, row);

const insert = prepare((db: Reader, p: Params<TaskRow>) =>
  db.insertInto('tasks').values(
    p.each(
        'id', 'version', 'name', 'status', 'type', 'owner', 'plugin', 'plugin_sha256', 'action', 'args', 'env', 'cron', 'time_zone', 'every_seconds', 'calendar', 'policy', 'next_fire_at',
        'last_run_id', 'created_by', 'created_at', 'updated_at', 'deleted_at',
      ), // biome-ignore format: a list of columns
  ),
);

export const updateTask = (writer: Writer, id: string, changes: Partial<TaskRow>) =>
  writer.updateTable('tasks').set(changes).where('id', '=', id).execute();

/** Its last run, and when it fires next. */
export const noteFiring = (
  writer: Writer,
  task: Pick<TaskRow, 'status' | 'next_fire_at'> & { readonly id: string; readonly last_run_id: string },
): Promise<number> => fired(writer, task);

const fired = prepare((db: Reader, p: Params<Pick<TaskRow, 'id' | 'status' | 'next_fire_at' | 'last_run_id'>>) =>
  db
    .updateTable('tasks')
    .set(p.each('status', 'next_fire_at', 'last_run_id'))
    .where('id', '=', p('id')),
);

/** Versions that an edit replaced, the newest of those before `before` first. Index: the primary key. */
export const taskVersions = (db: Reader, taskId: string, before: number, limit: number): Promise<TaskVersionsTable[]> =>
  db
    .selectFrom('task_versions')
    .selectAll()
    .where('task_id', '=', taskId)
    .where('version', '<', before)
    .orderBy('version', 'desc')
    .limit(limit)
    .execute();

export const insertTaskVersion = (writer: Writer, row: TaskVersionsTable) =>
  writer.insertInto('task_versions').values(row).execute();

/** Tasks whose time has come, most overdue first: only an active one has a time. Index: tasks_due. */
export const dueTasks = (db: Reader, now: number, limit: number): Promise<TaskRow[]> => due(db, { now, limit });

const due = prepare((db: Reader, p: Params<{ now: number; limit: number }>) =>
  db.selectFrom('tasks').selectAll().where('next_fire_at', '<=', p('now')).orderBy('next_fire_at').limit(p('limit')),
);

/** The time of the next firing of all, or undefined if nothing is scheduled. Index: tasks_due. */
export async function nextDueAt(db: Reader): Promise<number | undefined> {
  const row = await nextDue.first(db, {});
  return row?.next_fire_at ?? undefined;
}

const nextDue = prepare((db: Reader, _: Params<Record<never, never>>) =>
  db.selectFrom('tasks').select('next_fire_at').where('next_fire_at', 'is not', null).orderBy('next_fire_at').limit(1),
);

/** Versions of plugins that tasks are pinned to. Index: tasks_pinned. */
export async function pinnedBundles(db: Reader): Promise<string[]> {
  const rows = await db
    .selectFrom('tasks')
    .select('plugin_sha256')
    .distinct()
    .where('plugin_sha256', 'is not', null)
    .where('deleted_at', 'is', null)
    .execute();
  return rows.flatMap(({ plugin_sha256 }) => plugin_sha256 ?? []);
}

/**
 * Newest first, by keyset on the id. Index: tasks_by_status for what is not done, which are few; else tasks_by_plugin, tasks_by_type or
 * the primary key.
 * @param names looked at row by row: only where the filter leaves few
 */
export function listTasks(
  db: Reader,
  filter: TaskFilter,
  after: string | undefined,
  limit: number,
  names?: NameRange,
): Promise<TaskRow[]> {
  let query = db.selectFrom('tasks').selectAll().where('deleted_at', 'is', null);
  const given = (['status', 'plugin', 'type'] as const).filter((column) => filter[column] !== undefined);
  const first = names !== undefined ? narrowestOf(filter) : filter.status === 'done' && given.length > 1 ? given[1] : given[0];
  for (const column of given) query = query.where(column === first ? column : unindexed(column), '=', filter[column] ?? '');
  if (names !== undefined) query = query.where(plainName, '>=', names.from).where(plainName, '<', names.before);
  if (after !== undefined) query = query.where('id', '<', after);
  return query.orderBy('id', 'desc').limit(limit).execute();
}

const plainName = sql<string>`lower(name) || ''`;
