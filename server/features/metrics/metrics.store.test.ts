import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CompiledQuery } from 'kysely';
import { openTestDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import { createDialect } from '../../platform/db/sqlite/dialect.ts';
import { queryPlan } from '../../platform/db/sqlite/query-plan.ts';
import type { Tables, Writer } from '../../schema/schema.ts';
import * as store from './metrics.store.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.dispose());

const byKey = 'USING INDEX sqlite_autoindex_metric_blocks_1 (step_seconds=?';

/** A table of two million rows is walked through by none of these. */
describe('the blocks of metrics are found by their key', () => {
  it.each<[string, (db: Writer) => unknown, string]>([
    ['of some hosts at some times', (db) => store.findBlocks(db, 10, [0, 600], ['a', 'b']), 'AND start=? AND agent_id=?)'],
    ['the earliest', (db) => store.endOfLevel(db, 10, 'earliest'), ')'],
    ['the latest', (db) => store.endOfLevel(db, 10, 'latest'), ')'],
    ['those of a start', (db) => store.deleteBlocksOfStart(db, 10, 0, 5), 'AND start=?'],
    ['those of a host', (db) => store.deleteBlocksOfAgent(db, 10, [0, 600], 'a'), 'AND start=? AND agent_id=?)'],
  ])('%s', async (_what, call, end) => {
    const queries: CompiledQuery[] = [];
    await call(recorderOf(queries));
    expect(queries.length).toBeGreaterThan(0);
    for (const query of queries) {
      const plan = (await queryPlan(database.db.read, { compile: () => query })).join('; ').replace('COVERING INDEX', 'INDEX');
      expect(plan).toContain(byKey);
      expect(plan).toContain(end);
      expect(plan).not.toContain('TEMP B-TREE');
    }
  });
});

/** A database that finds one row, and notes what it is asked. */
function recorderOf(queries: CompiledQuery[]): Writer {
  const connection = {
    async executeQuery(query: CompiledQuery) {
      queries.push(query);
      return query.sql.startsWith('select') ? { rows: [{ agent_id: 'a', start: 0 }] } : { rows: [], numAffectedRows: 0n };
    },
    // biome-ignore lint/correctness/useYield: the interface wants a generator
    async *streamQuery() {
      throw new Error('nothing is streamed');
    },
  };
  return createDialect().transaction<Tables>(connection as never, () => undefined);
}
