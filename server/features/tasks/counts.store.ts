import { sql } from 'kysely';
import { openStates } from '../../../shared/states.ts';
import type { Reader } from '../../schema/schema.ts';
import type { ExecutionRow } from './rows.ts';

/** Counts of open executions; those of final ones are in the row of their run. */

export type StateCount = { readonly state: ExecutionRow['state']; readonly count: number };

/** Of each of these runs. Index: executions_open_by_run. */
export const openCountsOfRuns = (db: Reader, runIds: readonly string[]): Promise<(StateCount & { run_id: string })[]> =>
  runIds.length === 0
    ? Promise.resolve([])
    : db
        .selectFrom('executions')
        .select(['run_id', 'state', (eb) => eb.fn.countAll<number>().as('count')])
        .where('run_id', 'in', [...runIds])
        .where('open', '=', sql.lit(1))
        .where('state', 'in', openStates)
        .groupBy(['run_id', 'state'])
        .execute();

/** Of all runs. Index: executions_open_by_state. */
export const openCounts = (db: Reader): Promise<StateCount[]> =>
  db
    .selectFrom('executions')
    .select(['state', (eb) => eb.fn.countAll<number>().as('count')])
    .where('open', '=', sql.lit(1))
    .where('state', 'in', openStates)
    .groupBy('state')
    .execute();
