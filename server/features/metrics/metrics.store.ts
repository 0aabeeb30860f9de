import type { Reader, Writer } from '../../schema/schema.ts';
import type { MetricBlocksTable } from '../../schema/tables/metrics.tables.ts';

export type MetricBlockRow = Readonly<MetricBlocksTable>;

/** The blocks of some hosts at some times. Index: the primary key, one look for each of them. */
export const findBlocks = (
  db: Reader | Writer,
  stepSeconds: number,
  starts: readonly number[],
  agentIds: readonly string[],
): Promise<MetricBlockRow[]> =>
  starts.length === 0 || agentIds.length === 0
    ? Promise.resolve([])
    : db
        .selectFrom('metric_blocks')
        .selectAll()
        .where('step_seconds', '=', stepSeconds)
        .where('start', 'in', [...starts])
        .where('agent_id', 'in', [...agentIds])
        .execute();

export const saveBlocks = (writer: Writer, rows: readonly MetricBlockRow[]) =>
  writer
    .insertInto('metric_blocks')
    .values([...rows])
    .onConflict((conflict) =>
      conflict.columns(['step_seconds', 'start', 'agent_id']).doUpdateSet((eb) => ({ samples: eb.ref('excluded.samples') })),
    )
    .execute();

/** The earliest start of a level, or its latest. Index: the primary key. */
export const endOfLevel = (
  db: Reader | Writer,
  stepSeconds: number,
  end: 'earliest' | 'latest',
): Promise<{ start: number } | undefined> =>
  db
    .selectFrom('metric_blocks')
    .select('start')
    .where('step_seconds', '=', stepSeconds)
    .orderBy('start', end === 'earliest' ? 'asc' : 'desc')
    .limit(1)
    .executeTakeFirst();

/**
 * Removes some of the blocks of one start. Index: the primary key.
 * @returns how many
 */
export async function deleteBlocksOfStart(writer: Writer, stepSeconds: number, start: number, limit: number): Promise<number> {
  const rows = await blocksOfStart(writer, stepSeconds, start, limit);
  const last = rows.at(-1);
  if (last === undefined) return 0;
  await deleteUpTo(writer, stepSeconds, start, last.agent_id);
  return rows.length;
}

const blocksOfStart = (writer: Writer, stepSeconds: number, start: number, limit: number): Promise<{ agent_id: string }[]> =>
  writer
    .selectFrom('metric_blocks')
    .select('agent_id')
    .where('step_seconds', '=', stepSeconds)
    .where('start', '=', start)
    .orderBy('agent_id')
    .limit(limit)
    .execute();

const deleteUpTo = (writer: Writer, stepSeconds: number, start: number, agentId: string) =>
  writer
    .deleteFrom('metric_blocks')
    .where('step_seconds', '=', stepSeconds)
    .where('start', '=', start)
    .where('agent_id', '<=', agentId)
    .execute();

/** Index: the primary key, one look for each start. */
export const deleteBlocksOfAgent = (writer: Writer, stepSeconds: number, starts: readonly number[], agentId: string) =>
  writer
    .deleteFrom('metric_blocks')
    .where('step_seconds', '=', stepSeconds)
    .where('start', 'in', [...starts])
    .where('agent_id', '=', agentId)
    .execute();
