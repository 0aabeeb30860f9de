import { type Params, prepare } from '../../platform/db/prepare.ts';
import type { Reader, Writer } from '../../schema/schema.ts';
import type { LogChunksTable } from '../../schema/tables/tasks.tables.ts';

export type LogChunkRow = Readonly<LogChunksTable>;

/** Where the log of an execution ends. Index: the primary key, read backwards. */
export async function logSize(db: Reader | Writer, executionId: string): Promise<number> {
  const last = await lastChunk.first(db, { executionId });
  return last === undefined ? 0 : last.start + last.bytes;
}

const lastChunk = prepare((db: Reader, p: Params<{ executionId: string }>) =>
  db
    .selectFrom('log_chunks')
    .select(['start', 'bytes'])
    .where('execution_id', '=', p('executionId'))
    .orderBy('start', 'desc')
    .limit(1),
);

/** Where the logs of these executions end, in one statement. Index: the primary key, read backwards for each of them. */
export const logSizes = (db: Reader, executionIds: readonly string[]): Promise<{ id: string; size: number | null }[]> =>
  executionIds.length === 0
    ? Promise.resolve([])
    : db
        .selectFrom('executions')
        .select((eb) => [
          'executions.id',
          eb
            .selectFrom('log_chunks')
            .select((chunk) => chunk('start', '+', chunk.ref('bytes')).as('size'))
            .whereRef('log_chunks.execution_id', '=', 'executions.id')
            .orderBy('start', 'desc')
            .limit(1)
            .as('size'),
        ])
        .where('executions.id', 'in', [...executionIds])
        .execute();

export const insertChunk = (writer: Writer, row: LogChunkRow): Promise<number> => insert(writer, row);

const insert = prepare((db: Reader, p: Params<LogChunkRow>) =>
  db.insertInto('log_chunks').values(p.each('execution_id', 'start', 'bytes', 'stream', 'at', 'text')),
);

/** Chunks from the start of a log, without their text. Index: the primary key. */
export const firstChunks = (writer: Writer, executionId: string, limit: number): Promise<{ start: number; bytes: number }[]> =>
  writer
    .selectFrom('log_chunks')
    .select(['start', 'bytes'])
    .where('execution_id', '=', executionId)
    .orderBy('start')
    .limit(limit)
    .execute();

export const deleteChunks = (writer: Writer, executionId: string, upTo: number) =>
  writer.deleteFrom('log_chunks').where('execution_id', '=', executionId).where('start', '<=', upTo).execute();

/** The chunk that holds the byte at `offset`, if there is one. Index: the primary key, read backwards. */
export const chunkAt = (db: Reader, executionId: string, offset: number): Promise<LogChunkRow | undefined> =>
  holding.first(db, { executionId, offset });

const holding = prepare((db: Reader, p: Params<{ executionId: string; offset: number }>) =>
  db
    .selectFrom('log_chunks')
    .selectAll()
    .where('execution_id', '=', p('executionId'))
    .where('start', '<=', p('offset'))
    .orderBy('start', 'desc')
    .limit(1),
);

/** Chunks that begin after `offset`, in order. Index: the primary key. */
export const chunksAfter = (db: Reader, executionId: string, offset: number, limit: number): Promise<LogChunkRow[]> =>
  following(db, { executionId, offset, limit });

const following = prepare((db: Reader, p: Params<{ executionId: string; offset: number; limit: number }>) =>
  db
    .selectFrom('log_chunks')
    .selectAll()
    .where('execution_id', '=', p('executionId'))
    .where('start', '>', p('offset'))
    .orderBy('start')
    .limit(p('limit')),
);

/** Who may write to this log now: the agent and the attempt that hold the execution. */
export const writerOf = (writer: Writer, executionId: string) => holder.first(writer, { executionId });

const holder = prepare((db: Reader, p: Params<{ executionId: string }>) =>
  db
    .selectFrom('executions')
    .select(['agent_id', 'attempt', 'state', 'run_id', 'log_from', 'started_at', 'duration_ms'])
    .where('id', '=', p('executionId')),
);

/** Whether the end of this attempt was told late: nothing follows it. Index: the primary key. */
export const lateEnd = (writer: Writer, executionId: string, attempt: number): Promise<{ attempt: number } | undefined> =>
  writer
    .selectFrom('late_results')
    .select('attempt')
    .where('execution_id', '=', executionId)
    .where('attempt', '=', attempt)
    .executeTakeFirst();

/** A log that grows after the end of its execution: its row says how long it is. */
export const noteLateSize = (writer: Writer, executionId: string, size: number) =>
  writer
    .updateTable('executions')
    .set({ log_bytes: size, fold_key: null })
    .where('id', '=', executionId)
    .where('open', '=', 0)
    .execute();

/** The most bytes of output that an attempt of this run may have, by its policy. */
export async function outputLimit(writer: Writer, runId: string): Promise<number> {
  const run = await policyOf.first(writer, { runId });
  return run === undefined ? 0 : (JSON.parse(run.policy) as { readonly outputLimitBytes: number }).outputLimitBytes;
}

const policyOf = prepare((db: Reader, p: Params<{ runId: string }>) =>
  db.selectFrom('runs').select('policy').where('id', '=', p('runId')),
);
