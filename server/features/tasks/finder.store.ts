import { sql } from 'kysely';
import { type Params, prepare } from '../../platform/db/prepare.ts';
import type { Reader } from '../../schema/schema.ts';
import type { RunRow, TaskRow } from './rows.ts';

/** What a search shows of a task; all columns lie before its arguments, which may be large. */
export type TaskLabel = Pick<TaskRow, 'id' | 'name' | 'status' | 'type' | 'owner'>;
const labels = ['id', 'name', 'status', 'type', 'owner'] as const satisfies (keyof TaskLabel)[];
const lowerName = sql<string>`lower(name)`;

/** Of the first name from here on, the newest task that has it. Index: tasks_by_name. */
export const firstNamed = (db: Reader, from: string, before: string): Promise<TaskLabel | undefined> =>
  named.first(db, { from, before });

const named = prepare((db: Reader, p: Params<{ from: string; before: string }>) =>
  db
    .selectFrom('tasks')
    .select(labels)
    .where('deleted_at', 'is', null)
    .where(lowerName, '>=', p('from'))
    .where(lowerName, '<', p('before'))
    .orderBy(lowerName)
    .orderBy('id', 'desc')
    .limit(1),
);

/** The newest tasks of a status. Index: tasks_by_status. */
export const newestOfStatus = (db: Reader, status: 'active' | 'paused', limit: number): Promise<TaskLabel[]> =>
  db
    .selectFrom('tasks')
    .select(labels)
    .where('status', '=', status)
    .where('deleted_at', 'is', null)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();

export const tasksFrom = (db: Reader, from: string, before: string, limit: number): Promise<TaskLabel[]> =>
  db
    .selectFrom('tasks')
    .select(labels)
    .where('id', '>=', from)
    .where('id', '<', before)
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .limit(limit)
    .execute();

export type RunFound = Pick<RunRow, 'id' | 'task_name' | 'state' | 'fired_at'>;

export const runsFrom = (db: Reader, from: string, before: string, limit: number): Promise<RunFound[]> =>
  db
    .selectFrom('runs')
    .select(['id', 'task_name', 'state', 'fired_at'])
    .where('id', '>=', from)
    .where('id', '<', before)
    .orderBy('id')
    .limit(limit)
    .execute();

/** Of each of these tasks the newest run. */
export const newestRunsOf = (db: Reader, taskIds: readonly string[]): Promise<RunFound[]> =>
  taskIds.length === 0
    ? Promise.resolve([])
    : db
        .selectFrom('tasks')
        .innerJoin('runs', 'runs.id', 'tasks.last_run_id')
        .select(['runs.id', 'runs.task_name', 'runs.state', 'runs.fired_at'])
        .where('tasks.id', 'in', [...taskIds])
        .execute();

export const executionsFrom = (db: Reader, from: string, before: string, limit: number) =>
  db
    .selectFrom('executions')
    .innerJoin('runs', 'runs.id', 'executions.run_id')
    .select(['executions.id', 'executions.agent_name', 'executions.state', 'runs.task_name'])
    .where('executions.id', '>=', from)
    .where('executions.id', '<', before)
    .orderBy('executions.id')
    .limit(limit)
    .execute();

/** Tasks that fire next, soonest first. Index: tasks_due. */
export const nextFirings = (db: Reader, limit: number) =>
  db
    .selectFrom('tasks')
    .select([...labels, 'cron', 'time_zone', 'every_seconds', 'next_fire_at'])
    .where('next_fire_at', 'is not', null)
    .orderBy('next_fire_at')
    .limit(limit)
    .execute();

/** Runs that failed since a time, counted no further than `most`. Index: runs_by_state. */
export async function countFailedSince(db: Reader, firstId: string, most: number): Promise<number> {
  const row = await db
    .selectFrom(
      db.selectFrom('runs').select('id').where('state', '=', 'failed').where('id', '>=', firstId).limit(most).as('failed_lately'),
    )
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirst();
  return Number(row?.count ?? 0);
}
