import type { Database, Statement } from 'better-sqlite3';

/** Prepared statements by their SQL. Preparing costs more than running, and the texts that a server sends are few. */
export type Statements = { get(sql: string): Statement<unknown[]> };

/**
 * Bounded, because a text can carry a list of any length: two generations of at most `size` statements each. A hit in the young one
 * moves nothing; when it is full it becomes the old one, and what was not used since then is let go.
 */
export function createStatements(database: Database, size: number): Statements {
  let young = new Map<string, Statement<unknown[]>>();
  let old = new Map<string, Statement<unknown[]>>();

  return {
    get(sql) {
      const hit = young.get(sql);
      if (hit !== undefined) return hit;
      const statement = old.get(sql) ?? database.prepare<unknown[]>(sql);
      if (young.size >= size) {
        old = young;
        young = new Map();
      }
      young.set(sql, statement);
      return statement;
    },
  };
}
