import { sql } from 'kysely';
import { idFloor } from '../../../shared/ids.ts';
import type { Reader } from '../../schema/schema.ts';
import type { ExecutionRow, RunRow, TaskRow } from './rows.ts';

/** A task with what says when it fires. */
export type PlannedTask = Pick<
  TaskRow,
  'id' | 'name' | 'type' | 'owner' | 'cron' | 'time_zone' | 'every_seconds' | 'calendar' | 'next_fire_at'
>;

/** Tasks that fire before a time, soonest first. Index: tasks_due. */
export const plannedTasks = (db: Reader, before: number, limit: number): Promise<PlannedTask[]> =>
  db
    .selectFrom('tasks')
    .select(['id', 'name', 'type', 'owner', 'cron', 'time_zone', 'every_seconds', 'calendar', 'next_fire_at'])
    .where('next_fire_at', '<', before)
    .orderBy('next_fire_at')
    .limit(limit)
    .execute();

export type PausedTask = Pick<TaskRow, 'id' | 'name' | 'type' | 'cron' | 'time_zone' | 'every_seconds' | 'updated_at'>;

/** The newest tasks that are paused. Index: tasks_by_status. */
export const pausedTasks = (db: Reader, limit: number): Promise<PausedTask[]> =>
  db
    .selectFrom('tasks')
    .select(['id', 'name', 'type', 'cron', 'time_zone', 'every_seconds', 'updated_at'])
    .where('status', '=', 'paused')
    .where('deleted_at', 'is', null)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();

/** A firing that ran nowhere, with the reason of the first of its executions that ended so. */
export type UnrunFiring = Pick<RunRow, 'id' | 'task_id' | 'task_name' | 'trigger' | 'state' | 'fired_at'> &
  Pick<ExecutionRow, 'reason' | 'reason_text'>;

/** The newest runs of a state since a time, whatever made them. Indexes: runs_by_state, executions_ended_by_run. */
export const unrunSince = (db: Reader, state: 'skipped' | 'expired', since: number, limit: number): Promise<UnrunFiring[]> =>
  db
    .selectFrom('runs')
    .innerJoin('executions', (join) =>
      join.on((eb) =>
        eb(
          'executions.id',
          '=',
          eb
            .selectFrom('executions as own')
            .select('own.id')
            .whereRef('own.run_id', '=', 'runs.id')
            .where('own.open', '=', sql.lit(0))
            .where('own.state', '=', state)
            .orderBy('own.id')
            .limit(sql.lit(1)),
        ),
      ),
    )
    .select(['runs.id', 'runs.task_id', 'runs.task_name', 'runs.trigger', 'runs.state', 'runs.fired_at'])
    .select(['executions.reason', 'executions.reason_text'])
    .where('runs.state', '=', state)
    .where('runs.id', '>=', idFloor('run', since))
    .orderBy('runs.id', 'desc')
    .limit(limit)
    .execute();
