import { type Compilable, type Kysely, sql } from 'kysely';

/**
 * How SQLite would run a query, one line per step, such as `SEARCH runs USING INDEX runs_by_task (task_id=?)`. For the tests of stores:
 * what must stay quick with millions of rows must not say `SCAN`, nor sort by `USE TEMP B-TREE`.
 */
export async function queryPlan<Tables>(db: Kysely<Tables>, query: Compilable): Promise<readonly string[]> {
  const { sql: text, parameters } = query.compile();
  const plan = await db.executeQuery<{ detail: string }>({
    ...sql`select 1`.compile(db),
    sql: `EXPLAIN QUERY PLAN ${text}`,
    parameters,
  });
  return plan.rows.map(({ detail }) => detail);
}
