import { sql } from 'kysely';
import type { Reader } from '../../schema/schema.ts';
import type { TaskRow } from './rows.ts';
import type { NameRange } from './task-filter.ts';

/** What a filter looks at; all columns lie before the arguments, which may be large. */
export type NamedTask = Pick<TaskRow, 'id' | 'name' | 'status' | 'type' | 'plugin'>;
const looked = ['id', 'name', 'status', 'type', 'plugin'] as const satisfies (keyof NamedTask)[];
const lowerName = sql<string>`lower(name)`;

/** In the order of the names, of equal ones the newest first. Index: tasks_by_name. */
export const namedTasks = (db: Reader, { from, before }: NameRange, limit: number): Promise<NamedTask[]> =>
  db
    .selectFrom('tasks')
    .select(looked)
    .where('deleted_at', 'is', null)
    .where(lowerName, '>=', from)
    .where(lowerName, '<', before)
    .orderBy(lowerName)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();

/** The tasks of one name that are older than one of them. Index: tasks_by_name. */
export const olderNamesakes = (db: Reader, name: string, id: string, limit: number): Promise<NamedTask[]> =>
  db
    .selectFrom('tasks')
    .select(looked)
    .where('deleted_at', 'is', null)
    .where(lowerName, '=', name)
    .where('id', '<', id)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();

/** Also of one that was deleted since it was the last of a page. */
export const nameOfTask = (db: Reader, id: string): Promise<{ id: string; name: string } | undefined> =>
  db.selectFrom('tasks').select(['id', 'name']).where('id', '=', id).executeTakeFirst();

export const tasksOfIds = (db: Reader, ids: readonly string[]): Promise<TaskRow[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : db
        .selectFrom('tasks')
        .selectAll()
        .where('id', 'in', [...ids])
        .execute();
