import { sql } from 'kysely';
import { listed } from '../../platform/db/listed.ts';
import { type Params, prepare } from '../../platform/db/prepare.ts';
import type { Reader, Writer } from '../../schema/schema.ts';
import type { ExecutionRow } from './rows.ts';

/** What a choice of hosts looks at: few columns, because the unit of work that makes the offer knows the row, or reads it anew. */
export type QueuedRow = Pick<ExecutionRow, 'id' | 'run_id' | 'agent_id' | 'attempt' | 'retries'>;

/**
 * What waits to be offered and passes no gate, oldest first. A row that has expired is not ready: the sweep ends it. Index:
 * executions_ungated, in which the rows without an agent are the queue of `Anyone`.
 */
export const readyFor = (db: Reader, agentId: string, now: number, limit: number): Promise<QueuedRow[]> =>
  ready(db, { agentId, now, limit });

const ready = prepare((db: Reader, p: Params<{ agentId: string; now: number; limit: number }>) =>
  db
    .selectFrom('executions')
    .select(['id', 'run_id', 'agent_id', 'attempt', 'retries'])
    .where('agent_id', '=', p('agentId'))
    .where('state', '=', sql.lit('queued' as const))
    .where('open', '=', sql.lit(1))
    .where('gates', '=', sql.lit(0))
    .where('not_before', '<=', p('now'))
    .where('expires_at', '>', p('now'))
    .orderBy('id')
    .limit(p('limit')),
);

/**
 * The same for many agents whose queues are short, oldest first: each statement looks for what is committed anew, which takes longer than to
 * find a row. Sorted here, because SQLite would sort in a table of its own. Index: executions_ungated.
 */
export const readyForEach = async (db: Reader, agentIds: readonly string[], now: number): Promise<QueuedRow[]> =>
  (await readyEach(db, { agentIds: JSON.stringify(agentIds), now })).sort((a, b) => (a.id < b.id ? -1 : 1));

const readyEach = prepare((db: Reader, p: Params<{ agentIds: string; now: number }>) =>
  db
    .selectFrom('executions')
    .select(['id', 'run_id', 'agent_id', 'attempt', 'retries'])
    .where('agent_id', 'in', listed(p('agentIds')))
    .where('state', '=', sql.lit('queued' as const))
    .where('open', '=', sql.lit(1))
    .where('gates', '=', sql.lit(0))
    .where('not_before', '<=', p('now'))
    .where('expires_at', '>', p('now')),
);

export type ReadyForAnyone = QueuedRow & { readonly plugin_sha256: string | null };

/** What waits for `Anyone`, after the row with the id `after`, with the bundle that its run uses. */
export const readyForAnyone = (db: Reader, now: number, limit: number, after: string): Promise<ReadyForAnyone[]> =>
  readyUnassigned(db, { now, limit, after });

const readyUnassigned = prepare((db: Reader, p: Params<{ now: number; limit: number; after: string }>) =>
  db
    .selectFrom('executions')
    .innerJoin('runs', 'runs.id', 'executions.run_id')
    .select(['executions.id', 'executions.run_id', 'executions.agent_id', 'executions.attempt', 'executions.retries'])
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

/** Every open execution, for the books; read once at start. Index: executions_open_by_state. */
export const openRows = (db: Reader | Writer): Promise<OpenRow[]> =>
  db
    .selectFrom('executions')
    .select(['id', 'run_id', 'agent_id', 'attempt', 'state', 'gates'])
    .where('open', '=', sql.lit(1))
    .where('state', 'in', ['queued', 'offered', 'running', 'unknown', 'cancelling'])
    .execute();
