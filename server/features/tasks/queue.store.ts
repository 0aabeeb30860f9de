import { sql } from 'kysely';
import { type Params, prepare } from '../../platform/db/prepare.ts';
import type { Reader, Writer } from '../../schema/schema.ts';
import type { ExecutionRow } from './rows.ts';

/**
 * What waits to be offered and passes no gate, oldest first. A row that has expired is not ready: the sweep ends it. Index:
 * executions_ungated, in which the rows without an agent are the queue of `Anyone`.
 */
export const readyFor = (db: Reader, agentId: string, now: number, limit: number): Promise<ExecutionRow[]> =>
  ready(db, { agentId, now, limit });

const ready = prepare((db: Reader, p: Params<{ agentId: string; now: number; limit: number }>) =>
  db
    .selectFrom('executions')
    .selectAll()
    .where('agent_id', '=', p('agentId'))
    .where('state', '=', sql.lit('queued' as const))
    .where('open', '=', sql.lit(1))
    .where('gates', '=', sql.lit(0))
    .where('not_before', '<=', p('now'))
    .where('expires_at', '>', p('now'))
    .orderBy('id')
    .limit(p('limit')),
);

export type ReadyForAnyone = ExecutionRow & { readonly plugin_sha256: string | null };

/** What waits for `Anyone`, after the row with the id `after`, with the bundle that its run uses. */
export const readyForAnyone = (db: Reader, now: number, limit: number, after: string): Promise<ReadyForAnyone[]> =>
  readyUnassigned(db, { now, limit, after });

const readyUnassigned = prepare((db: Reader, p: Params<{ now: number; limit: number; after: string }>) =>
  db
    .selectFrom('executions')
    .innerJoin('runs', 'runs.id', 'executions.run_id')
    .selectAll('executions')
    .select('runs.plugin_sha256')
    .where('executions.agent_id', 'is', null)
    .where('executions.state', '=', sql.lit('queued' as const))
    .where('executions.open', '=', sql.lit(1))
    .where('executions.gates', '=', sql.lit(0))
    .where('executions.not_before', '<=', p('now'))
    .where('executions.expires_at', '>', p('now'))
    .where('executions.id', '>', p('after'))
    .orderBy('executions.id')
    .limit(p('limit')),
);

export type OpenRow = Pick<ExecutionRow, 'id' | 'run_id' | 'agent_id' | 'attempt' | 'state' | 'gates'>;

/** Every open execution, for the books; read once at start. Index: executions_by_state. */
export const openRows = (db: Reader | Writer): Promise<OpenRow[]> =>
  db
    .selectFrom('executions')
    .select(['id', 'run_id', 'agent_id', 'attempt', 'state', 'gates'])
    .where('state', 'in', ['queued', 'offered', 'running', 'unknown', 'cancelling'])
    .execute();
