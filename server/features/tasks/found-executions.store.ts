import { type SelectQueryBuilder, sql } from 'kysely';
import type { Database, Tables } from '../../schema/schema.ts';
import { type ExecutionTraits, rowsLookedAt } from './execution-traits.ts';
import { type ExecutionFilter, filteredExecutions } from './executions.store.ts';
import type { ExecutionRow } from './rows.ts';

/**
 * Ids of the rows that have these traits among the next `rowsLookedAt` that fit the filter, newest first. Indexes: those of the filter, and
 * the primary keys.
 */
export async function executionsWithTraits(
  db: Database['read'],
  filter: ExecutionFilter,
  { plugin, reason, text }: ExecutionTraits,
  after: string | undefined,
  limit: number,
): Promise<string[]> {
  let query = db
    .selectFrom(among(db, filter, after).select('id').limit(rowsLookedAt).as('looked'))
    .innerJoin('executions', 'executions.id', 'looked.id')
    .select('executions.id');
  if (plugin !== undefined)
    query = query.where((eb) =>
      eb.exists(
        eb
          .selectFrom('runs')
          .select('runs.id')
          .whereRef('runs.id', '=', 'executions.run_id')
          // the run is known already: no walk over all runs of the plugin
          .where(sql`"runs"."plugin" || ''`, '=', plugin),
      ),
    );
  if (reason !== undefined) query = query.where(sql`"executions"."reason"`, '=', reason);
  if (text !== undefined) {
    // made small by the database on both sides: they differ in what they know beyond ASCII
    const pattern = sql`lower(${`%${text.replace(/[\\%_]/g, '\\$&')}%`})`;
    query = query.where(
      sql<boolean>`(lower("executions"."message") LIKE ${pattern} ESCAPE '\\' OR lower("executions"."reason_text") LIKE ${pattern} ESCAPE '\\')`,
    );
  }
  return (await query.orderBy('looked.id', 'desc').limit(limit).execute()).map(({ id }) => id);
}

/** The last of the rows that one look reaches; undefined when it reaches the end of the history. Indexes: those of the filter. */
export async function endOfLook(
  db: Database['read'],
  filter: ExecutionFilter,
  after: string | undefined,
): Promise<string | undefined> {
  const row = await among(db, filter, after)
    .select('id')
    .limit(1)
    .offset(rowsLookedAt - 1)
    .executeTakeFirst();
  return row?.id;
}

const among = (
  db: Database['read'],
  filter: ExecutionFilter,
  after: string | undefined,
): SelectQueryBuilder<Tables, 'executions', object> => filteredExecutions(db, filter, after).orderBy('id', 'desc');

/** In the order of the ids. Index: the primary key. */
export async function executionsOfIds(db: Database['read'], ids: readonly string[]): Promise<ExecutionRow[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('executions').selectAll().where('id', 'in', ids).execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}
