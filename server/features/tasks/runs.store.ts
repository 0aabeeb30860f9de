import { sql } from 'kysely';
import { idFloor } from '../../../shared/ids.ts';
import type { RunState } from '../../../shared/run-states.ts';
import type { ExecutionState } from '../../../shared/states.ts';
import { type Params, prepare } from '../../platform/db/prepare.ts';
import { unindexed } from '../../platform/db/unindexed.ts';
import type { Reader, Writer } from '../../schema/schema.ts';
import type { RunRow } from './rows.ts';

const byId = prepare((db: Reader, p: Params<{ id: string }>) => db.selectFrom('runs').selectAll().where('id', '=', p('id')));

export const findRun = (db: Reader | Writer, id: string): Promise<RunRow | undefined> => byId.first(db, { id });

/** What an execution shows of its run; without the arguments, which may be large. */
export type RunLabel = Pick<RunRow, 'id' | 'task_name' | 'plugin' | 'action' | 'plugin_sha256'>;

export const findRuns = (db: Reader, ids: readonly string[]): Promise<RunLabel[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : db
        .selectFrom('runs')
        .select(['id', 'task_name', 'plugin', 'action', 'plugin_sha256'])
        .where('id', 'in', [...ids])
        .execute();

export const insertRun = (writer: Writer, row: RunRow): Promise<number> => insert(writer, row);

const insert = prepare((db: Reader, p: Params<RunRow>) =>
  db.insertInto('runs').values(
    p.each(
        'id', 'task_id', 'task_version', 'task_name', 'trigger', 'state', 'owner', 'plugin', 'plugin_sha256', 'action', 'args', 'env', 'policy', 'total', 'open',
        'succeeded', 'failed', 'timed_out', 'cancelled', 'expired', 'skipped', 'rejected', 'lost', 'fired_at', 'created_at', 'finished_at', 'created_by', 'retry_of',
        'retry_only',
      ), // biome-ignore format: a list of columns
  ),
);

const countColumns = ['open', 'succeeded', 'failed', 'timed_out', 'cancelled', 'expired', 'skipped', 'rejected', 'lost'] as const;
export type CountRow = Pick<RunRow, (typeof countColumns)[number] | 'trigger'>;

/** Counts one more execution in this final state, and one less that is open. @returns the counts as they are now */
export const countEnded = (writer: Writer, id: string, state: ExecutionState): Promise<CountRow | undefined> =>
  ended[state as FinalState].first(writer, { id });

type FinalState = Exclude<(typeof countColumns)[number], 'open'>;

const prepareEnded = (state: FinalState) =>
  prepare((db: Reader, p: Params<{ id: string }>) =>
    db
      .updateTable('runs')
      .set((eb) => ({ open: eb('open', '-', 1), [state]: eb(state, '+', 1) }))
      .where('id', '=', p('id'))
      .returning([...countColumns, 'trigger']),
  );

const ended = {
  succeeded: prepareEnded('succeeded'),
  failed: prepareEnded('failed'),
  timed_out: prepareEnded('timed_out'),
  cancelled: prepareEnded('cancelled'),
  expired: prepareEnded('expired'),
  skipped: prepareEnded('skipped'),
  rejected: prepareEnded('rejected'),
  lost: prepareEnded('lost'),
} satisfies Record<FinalState, unknown>;

/** Ends a run whose only execution ended in this final state. @returns 1, or 0 if it was not open */
export const endSingle = (writer: Writer, id: string, end: ExecutionState, state: RunState, now: number): Promise<number> =>
  endedSingle[end as FinalState](writer, { id, state, finished_at: now });

const prepareEndedSingle = (end: FinalState) =>
  prepare((db: Reader, p: Params<{ id: string; state: RunState; finished_at: number }>) =>
    db
      .updateTable('runs')
      .set({ open: sql.lit(0), [end]: sql.lit(1), ...p.each('state', 'finished_at') })
      .where('id', '=', p('id'))
      .where('open', '=', sql.lit(1)),
  );

const endedSingle = {
  succeeded: prepareEndedSingle('succeeded'),
  failed: prepareEndedSingle('failed'),
  timed_out: prepareEndedSingle('timed_out'),
  cancelled: prepareEndedSingle('cancelled'),
  expired: prepareEndedSingle('expired'),
  skipped: prepareEndedSingle('skipped'),
  rejected: prepareEndedSingle('rejected'),
  lost: prepareEndedSingle('lost'),
} satisfies Record<FinalState, unknown>;

export const finishRun = (writer: Writer, id: string, state: RunState, now: number): Promise<number> =>
  finish(writer, { id, state, finished_at: now });

const finish = prepare((db: Reader, p: Params<{ id: string; state: RunState; finished_at: number }>) =>
  db.updateTable('runs').set(p.each('state', 'finished_at')).where('id', '=', p('id')),
);

/** The newest run of a task that is still active, if there is one. Index: runs_by_task_state. */
export const activeRunOf = (db: Reader | Writer, taskId: string): Promise<{ id: string } | undefined> =>
  active.first(db, { taskId });

const active = prepare((db: Reader, p: Params<{ taskId: string }>) =>
  db
    .selectFrom('runs')
    .select('id')
    .where('task_id', '=', p('taskId'))
    .where('state', '=', 'active')
    .orderBy('id', 'desc')
    .limit(1),
);

/** The oldest run of a task that is still active. Index: runs_by_task_state. */
export const oldestActiveRunOf = (db: Reader | Writer, taskId: string): Promise<{ id: string } | undefined> =>
  oldestActive.first(db, { taskId });

const oldestActive = prepare((db: Reader, p: Params<{ taskId: string }>) =>
  db.selectFrom('runs').select('id').where('task_id', '=', p('taskId')).where('state', '=', 'active').orderBy('id').limit(1),
);

/** Runs of a task that are active, newest first. Index: runs_by_task_state. */
export const activeRunsOf = (db: Reader | Writer, taskId: string, limit: number): Promise<{ id: string }[]> =>
  db
    .selectFrom('runs')
    .select('id')
    .where('task_id', '=', taskId)
    .where('state', '=', 'active')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();

/** The run of a firing of a schedule that was due at this time, if it was made already. Index: runs_one_per_firing. */
export const runOfFiring = (db: Reader | Writer, taskId: string, firedAt: number): Promise<{ id: string } | undefined> =>
  ofFiring.first(db, { taskId, firedAt });

const ofFiring = prepare((db: Reader, p: Params<{ taskId: string; firedAt: number }>) =>
  db
    .selectFrom('runs')
    .select('id')
    .where('task_id', '=', p('taskId'))
    .where('fired_at', '=', p('firedAt'))
    .where('trigger', 'in', [sql.lit('schedule' as const), sql.lit('interval' as const)]),
);

export type RunFilter = {
  readonly taskId?: string | undefined;
  readonly state?: RunState | undefined;
  readonly plugin?: string | undefined;
};

/**
 * Newest first, by keyset on the id. Indexes: runs_by_task_state, or one of the plain ones. Of a plugin, a state is looked for among its
 * own runs.
 */
export function listRuns(db: Reader, filter: RunFilter, after: string | undefined, limit: number): Promise<RunRow[]> {
  let query = db.selectFrom('runs').selectAll();
  if (filter.taskId !== undefined) query = query.where('task_id', '=', filter.taskId);
  if (filter.plugin !== undefined)
    query = query.where(filter.taskId === undefined ? 'plugin' : unindexed('plugin'), '=', filter.plugin);
  if (filter.state !== undefined) {
    const ofPlugin = filter.plugin !== undefined && filter.taskId === undefined;
    query = query.where(ofPlugin ? unindexed<RunState>('state') : 'state', '=', filter.state);
  }
  if (after !== undefined) query = query.where('id', '<', after);
  return query.orderBy('id', 'desc').limit(limit).execute();
}

/** Bundles that open runs still use. Index: runs_by_state. */
export async function openBundles(db: Reader): Promise<string[]> {
  const rows = await db.selectFrom('runs').select('plugin_sha256').where('state', '=', 'active').execute();
  return [...new Set(rows.flatMap((row) => row.plugin_sha256 ?? []))];
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
