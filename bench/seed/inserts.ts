import type { Database, Statement } from 'better-sqlite3';
import type { Tables } from '../../server/schema/schema.ts';

/** Prepared inserts into the tables as the migrations made them; columns that are not named keep their defaults. */
export type Inserts = {
  add<Name extends keyof Tables & string>(table: Name, row: Partial<Tables[Name]>): void;
  /** Commits what was added since. */
  commit(): void;
};

/** So many rows share a transaction: large enough to cost nothing, small enough for the page cache. */
const rowsPerCommit = 50_000;

export function createInserts(database: Database): Inserts {
  const statements = new Map<string, Statement>();
  let rows = 0;

  return {
    add(table, row) {
      if (rows === 0) database.exec('BEGIN');
      const columns = Object.keys(row);
      const key = `${table} ${columns.join()}`;
      let statement = statements.get(key);
      if (statement === undefined) {
        statement = database.prepare(`INSERT INTO ${table} (${columns.join()}) VALUES (${columns.map(() => '?').join()})`);
        statements.set(key, statement);
      }
      statement.run(...Object.values(row));
      rows += 1;
      if (rows >= rowsPerCommit) this.commit();
    },
    commit() {
      if (rows > 0) database.exec('COMMIT');
      rows = 0;
    },
  };
}
