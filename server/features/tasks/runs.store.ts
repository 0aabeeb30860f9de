import { idFloor } from '../../../shared/ids.ts';
import type { RunState } from '../../../shared/run-states.ts';
import type { Reader, Writer } from '../../schema/schema.ts';
import type { RunRow } from './rows.ts';

export const findRun = (db: Reader | Writer, id: string): Promise<RunRow | undefined> =>
  db.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst();

export const findRuns = (db: Reader, ids: readonly string[]): Promise<RunRow[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : db
        .selectFrom('runs')
        .selectAll()
        .where('id', 'in', [...ids])
        .execute();

export const insertRun = (writer: Writer, row: RunRow) => writer.insertInto('runs').values(row).execute();

/** The newest run of a task that is still active, if there is one. Index: runs_by_task. */
export const activeRunOf = (db: Reader | Writer, taskId: string): Promise<{ id: string } | undefined> =>
  db
    .selectFrom('runs')
    .select('id')
    .where('task_id', '=', taskId)
    .where('state', '=', 'active')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();

export type RunFilter = {
  readonly taskId?: string | undefined;
  readonly state?: RunState | undefined;
  readonly plugin?: string | undefined;
};

/** Newest first, by keyset on the id; one index per filter. */
export function listRuns(db: Reader, filter: RunFilter, after: string | undefined, limit: number): Promise<RunRow[]> {
  let query = db.selectFrom('runs').selectAll();
  if (filter.taskId !== undefined) query = query.where('task_id', '=', filter.taskId);
  if (filter.state !== undefined) query = query.where('state', '=', filter.state);
  if (filter.plugin !== undefined) query = query.where('plugin', '=', filter.plugin);
  if (after !== undefined) query = query.where('id', '<', after);
  return query.orderBy('id', 'desc').limit(limit).execute();
}

/** Bundles that open runs still use. Index: runs_open_bundles. */
export async function openBundles(db: Reader): Promise<string[]> {
  const rows = await db
    .selectFrom('runs')
    .select('plugin_sha256')
    .distinct()
    .where('open', '>', 0)
    .where('plugin_sha256', 'is not', null)
    .execute();
  return rows.flatMap((row) => (row.plugin_sha256 === null ? [] : [row.plugin_sha256]));
}

/** The number of runs that are active now. Index: runs_by_state. */
export async function countActiveRuns(db: Reader): Promise<number> {
  const row = await db
    .selectFrom('runs')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('state', '=', 'active')
    .executeTakeFirst();
  return Number(row?.count ?? 0);
}

/** Runs that failed since a time, newest first. Index: runs_by_state. */
export const failedSince = (db: Reader, since: number, limit: number): Promise<RunRow[]> =>
  db
    .selectFrom('runs')
    .selectAll()
    .where('state', '=', 'failed')
    .where('id', '>=', idFloor('run', since))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
