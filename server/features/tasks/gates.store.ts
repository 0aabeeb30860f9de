import { sql } from 'kysely';
import { type Params, prepare } from '../../platform/db/prepare.ts';
import { unindexed } from '../../platform/db/unindexed.ts';
import type { Reader, Writer } from '../../schema/schema.ts';
import type { Gate } from './gates.ts';
import type { ExecutionRow } from './rows.ts';

/** Rows of `execution_gates`: of each open execution that passes gates, the gates, and whether it holds them. */

export type GateRow = Gate & { readonly execution_id: string; readonly held: number };

const rowsPerInsert = 500;

export async function insertGates(writer: Writer, executionIds: readonly string[], gates: readonly Gate[]): Promise<void> {
  const rows = executionIds.flatMap((execution_id) => gates.map((gate) => ({ ...gate, execution_id, held: 0 })));
  for (let i = 0; i < rows.length; i += rowsPerInsert) {
    await writer
      .insertInto('execution_gates')
      .values(rows.slice(i, i + rowsPerInsert))
      .execute();
  }
}

export const holdGates = (writer: Writer, executionId: string, held: 0 | 1): Promise<number> =>
  hold(writer, { executionId, held });

const hold = prepare((db: Reader, p: Params<{ executionId: string; held: number }>) =>
  db
    .updateTable('execution_gates')
    .set({ held: p('held') })
    .where('execution_id', '=', p('executionId')),
);

export const removeGates = (writer: Writer, executionId: string): Promise<number> => remove(writer, { executionId });

const remove = prepare((db: Reader, p: Params<{ executionId: string }>) =>
  db.deleteFrom('execution_gates').where('execution_id', '=', p('executionId')),
);

export const gateRowsOf = (db: Reader | Writer, executionIds: readonly string[]): Promise<GateRow[]> =>
  executionIds.length === 0
    ? Promise.resolve([])
    : db
        .selectFrom('execution_gates')
        .selectAll()
        .where('execution_id', 'in', [...executionIds])
        .execute();

/** How many executions hold the gate: as many index entries are read, at most its capacity. Index: execution_gates_line. */
export async function countHolders(db: Reader | Writer, gate: string): Promise<number> {
  const row = await holders.first(db, { gate });
  return Number(row?.count ?? 0);
}

const holders = prepare((db: Reader, p: Params<{ gate: string }>) =>
  db
    .selectFrom('execution_gates')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('gate', '=', p('gate'))
    .where('held', '=', 1),
);

export type InLine = ExecutionRow & { readonly plugin_sha256: string | null };

/**
 * Executions at the gate in the order in which they came, after the one with the id `after`: those that wait for it (`held` 0), or those
 * that hold it still and wait for a retry (1). Index: execution_gates_line.
 */
export const lineAt = (db: Reader, gate: string, held: 0 | 1, after: string, limit: number): Promise<InLine[]> =>
  line(db, { gate, held, after, limit });

const line = prepare((db: Reader, p: Params<{ gate: string; held: number; after: string; limit: number }>) =>
  db
    .selectFrom('execution_gates')
    .innerJoin('executions', 'executions.id', 'execution_gates.execution_id')
    .innerJoin('runs', 'runs.id', 'executions.run_id')
    .selectAll('executions')
    .select('runs.plugin_sha256')
    .where('execution_gates.gate', '=', p('gate'))
    .where('execution_gates.held', '=', p('held'))
    .where('execution_gates.execution_id', '>', p('after'))
    .where(unindexed<ExecutionRow['state']>('executions.state'), '=', 'queued')
    .orderBy('execution_gates.execution_id')
    .limit(p('limit')),
);

/** The gates at which the oldest executions of an agent's queue wait; null: of the queue of `Anyone`. Index: executions_gated. */
export async function gatesOfQueue(db: Reader, agentId: string | null, limit: number): Promise<string[]> {
  const waiting = db
    .selectFrom('executions')
    .select('id')
    .where('agent_id', agentId === null ? 'is' : '=', agentId)
    .where('state', '=', sql.lit('queued' as const))
    .where('open', '=', sql.lit(1))
    .where('gates', '>', sql.lit(0))
    .orderBy('id')
    .limit(limit);
  const rows = await db
    .selectFrom(waiting.as('waiting'))
    .innerJoin('execution_gates', 'execution_gates.execution_id', 'waiting.id')
    .select('execution_gates.gate')
    .execute();
  return [...new Set(rows.map(({ gate }) => gate))];
}

/** The next gate, by name, after this one. Index: execution_gates_line. */
export const gateAfter = (db: Reader, gate: string): Promise<{ gate: string } | undefined> => following.first(db, { gate });

const following = prepare((db: Reader, p: Params<{ gate: string }>) =>
  db.selectFrom('execution_gates').select('gate').where('gate', '>', p('gate')).orderBy('gate').limit(1),
);

/** How many wait at the gate, counted up to `limit`. Index: execution_gates_line. */
export async function countWaiting(db: Reader, gate: string, limit: number): Promise<number> {
  const rows = await db
    .selectFrom('execution_gates')
    .select('execution_id')
    .where('gate', '=', gate)
    .where('held', '=', 0)
    .limit(limit)
    .execute();
  return rows.length;
}

export type HolderRow = Pick<ExecutionRow, 'id' | 'run_id' | 'task_id' | 'agent_name' | 'state'> & { readonly task_name: string };

/** Those that hold the gate, oldest first. Index: execution_gates_line. */
export const holdersOf = (db: Reader, gate: string, limit: number): Promise<HolderRow[]> =>
  db
    .selectFrom('execution_gates')
    .innerJoin('executions', 'executions.id', 'execution_gates.execution_id')
    .innerJoin('runs', 'runs.id', 'executions.run_id')
    .select([
      'executions.id',
      'executions.run_id',
      'executions.task_id',
      'executions.agent_name',
      'executions.state',
      'runs.task_name',
    ])
    .where('execution_gates.gate', '=', gate)
    .where('execution_gates.held', '=', 1)
    .orderBy('execution_gates.execution_id')
    .limit(limit)
    .execute();

/** The largest of the limits that those at the gate have, of the first 1000. Index: execution_gates_line. */
export async function largestCapacity(db: Reader, gate: string): Promise<number> {
  const row = await largest.first(db, { gate });
  return Number(row?.capacity ?? 0);
}

const largest = prepare((db: Reader, p: Params<{ gate: string }>) =>
  db
    .selectFrom(
      db.selectFrom('execution_gates').select('capacity').where('gate', '=', p('gate')).limit(sql.lit(1000)).as('waiting'),
    )
    .select((eb) => eb.fn.max('capacity').as('capacity')),
);
