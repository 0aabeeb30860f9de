import { sql } from 'kysely';
import type { Reader } from '../../schema/schema.ts';

/** How far back things go and about how large they are, each found at one end of an index. */

/** When the run ended that ended first. Index: runs_by_end. */
export const firstRunEnd = (db: Reader) =>
  db
    .selectFrom('runs')
    .select('finished_at as at')
    .where('finished_at', 'is not', null)
    .orderBy('finished_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();

/** When the execution ended that ended first of those that have their log yet. Index: executions_with_log, whose conditions these are. */
export const firstLogEnd = (db: Reader) =>
  db
    .selectFrom('executions')
    .select('finished_at as at')
    .where('log_bytes', '>', sql.lit(0))
    .where('open', '=', sql.lit(0))
    .where('duration_ms', 'is not', null)
    .where('log_removed_at', 'is', null)
    .where('finished_at', 'is not', null)
    .orderBy('finished_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();

/** Index: the primary key. */
export const firstAuditEntry = (db: Reader) => db.selectFrom('audit').select('at').orderBy('id').limit(1).executeTakeFirst();

/** Pieces of the newest or of the oldest logs. Index: the primary key. */
export const someChunks = (db: Reader, end: 'newest' | 'oldest', limit: number): Promise<{ bytes: number }[]> =>
  db
    .selectFrom('log_chunks')
    .select('bytes')
    .orderBy('execution_id', end === 'newest' ? 'desc' : 'asc')
    .limit(limit)
    .execute();

/** Where the metrics of one resolution begin. Index: the primary key. */
export const firstMetrics = (db: Reader, stepSeconds: number): Promise<{ start: number } | undefined> =>
  db
    .selectFrom('metric_blocks')
    .select('start')
    .where('step_seconds', '=', stepSeconds)
    .orderBy('start')
    .limit(1)
    .executeTakeFirst();

/** How large some of their newest rows are. Index: the primary key. */
export const someMetrics = (db: Reader, stepSeconds: number, limit: number): Promise<{ bytes: number }[]> =>
  db
    .selectFrom('metric_blocks')
    .select(sql<number>`length(samples)`.as('bytes'))
    .where('step_seconds', '=', stepSeconds)
    .orderBy('start', 'desc')
    .limit(limit)
    .execute();
