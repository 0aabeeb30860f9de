import type { Reader, Writer } from '../../schema/schema.ts';
import type { LogChunksTable } from '../../schema/tables/tasks.tables.ts';

export type LogChunkRow = Readonly<LogChunksTable>;

/** Where the log of an execution ends. Index: the primary key, read backwards. */
export async function logSize(db: Reader | Writer, executionId: string): Promise<number> {
  const last = await db
    .selectFrom('log_chunks')
    .select(['start', 'bytes'])
    .where('execution_id', '=', executionId)
    .orderBy('start', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last === undefined ? 0 : last.start + last.bytes;
}

export const insertChunk = (writer: Writer, row: LogChunkRow) => writer.insertInto('log_chunks').values(row).execute();

/** The chunk that holds the byte at `offset`, if there is one. */
export const chunkAt = (db: Reader, executionId: string, offset: number): Promise<LogChunkRow | undefined> =>
  db
    .selectFrom('log_chunks')
    .selectAll()
    .where('execution_id', '=', executionId)
    .where('start', '<=', offset)
    .orderBy('start', 'desc')
    .limit(1)
    .executeTakeFirst();

/** Chunks that begin after `offset`, in order. */
export const chunksAfter = (db: Reader, executionId: string, offset: number, limit: number): Promise<LogChunkRow[]> =>
  db
    .selectFrom('log_chunks')
    .selectAll()
    .where('execution_id', '=', executionId)
    .where('start', '>', offset)
    .orderBy('start')
    .limit(limit)
    .execute();

/** Who may write to this log now: the agent and the attempt that hold the execution. */
export const writerOf = (writer: Writer, executionId: string) =>
  writer
    .selectFrom('executions')
    .select(['agent_id', 'attempt', 'open', 'state'])
    .where('id', '=', executionId)
    .executeTakeFirst();
