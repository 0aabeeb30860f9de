import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { idFloor } from '../../../shared/ids.ts';

/** What became of executions, by their state. */
export type Ends = { readonly total: number; readonly byState: Readonly<Record<string, number>> };

/** Of all executions that were made since then, in a database that no server has open. */
export function countEnds(dataDir: string, since: number): Ends {
  const database = new SqliteDatabase(join(dataDir, 'muster.db'), { readonly: true });
  try {
    const rows = database
      .prepare<[string], { state: string; count: number }>(
        'SELECT state, count(*) AS count FROM executions WHERE id >= ? GROUP BY state',
      )
      .all(idFloor('execution', since));
    const byState = Object.fromEntries(rows.map(({ state, count }) => [state, count]));
    return { total: rows.reduce((sum, { count }) => sum + count, 0), byState };
  } finally {
    database.close();
  }
}

/** @throws unless the database holds exactly what was asked for, and as many of each end as agents heard acknowledged */
export function checkEnds(ends: Ends, asked: number, acknowledged: Readonly<Record<string, number>>): void {
  const states = Object.entries(ends.byState).map(([state, count]) => `${count} ${state}`);
  const isSame = [...Object.keys(ends.byState), ...Object.keys(acknowledged)].every(
    (state) => (ends.byState[state] ?? 0) === (acknowledged[state] ?? 0),
  );
  if (ends.total === asked && isSame) return;
  throw new Error(
    `${asked} executions were asked for and agents heard of ${JSON.stringify(acknowledged)}, but the database holds ${ends.total}: ${states.join(', ')}.`,
  );
}
