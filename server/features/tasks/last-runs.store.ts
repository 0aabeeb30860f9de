import { sql } from 'kysely';
import type { Reader } from '../../schema/schema.ts';
import type { RunRow } from './rows.ts';

/** What a strip shows of a run; all columns lie before its arguments, which may be large. */
export type RunMark = Pick<RunRow, 'id' | 'task_id' | 'trigger' | 'state'>;

/** Of each of these tasks the last `each` runs, in any order. Index: runs_by_task, one look for each task. */
export const lastRunsOf = (db: Reader, taskIds: readonly string[], each: number): Promise<RunMark[]> =>
  taskIds.length === 0
    ? Promise.resolve([])
    : db
        .selectFrom('tasks')
        .innerJoin('runs', (join) =>
          join.on((eb) =>
            eb(
              'runs.id',
              'in',
              eb
                .selectFrom('runs as own')
                .select('own.id')
                .whereRef('own.task_id', '=', 'tasks.id')
                .orderBy('own.id', 'desc')
                .limit(sql.lit(each)),
            ),
          ),
        )
        .select(['runs.id', 'runs.task_id', 'runs.trigger', 'runs.state'])
        .where('tasks.id', 'in', [...taskIds])
        .execute();
