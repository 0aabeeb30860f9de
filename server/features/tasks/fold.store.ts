import { type Params, prepare } from '../../platform/db/prepare.ts';
import type { Reader } from '../../schema/schema.ts';
import type { FoldRow } from './fold.ts';
import type { ExecutionRow } from './rows.ts';

/** Many executions of one run, with the few columns that are looked at in all of them. Index: executions_by_run. */

export const foldRows = (db: Reader, runId: string, after: string, limit: number): Promise<FoldRow[]> =>
  folding(db, { runId, after, limit });

const folding = prepare((db: Reader, p: Params<{ runId: string; after: string; limit: number }>) =>
  db
    .selectFrom('executions')
    .select(['id', 'agent_id', 'agent_name', 'target', 'state', 'open', 'reason', 'attempt', 'fold_key'])
    .where('run_id', '=', p('runId'))
    .where('id', '>', p('after'))
    .orderBy('id')
    .limit(p('limit')),
);

export type GridRow = Pick<ExecutionRow, 'id' | 'agent_name' | 'state'>;

export const gridRows = (db: Reader, runId: string, after: string, limit: number): Promise<GridRow[]> =>
  grid(db, { runId, after, limit });

const grid = prepare((db: Reader, p: Params<{ runId: string; after: string; limit: number }>) =>
  db
    .selectFrom('executions')
    .select(['id', 'agent_name', 'state'])
    .where('run_id', '=', p('runId'))
    .where('id', '>', p('after'))
    .orderBy('id')
    .limit(p('limit')),
);
