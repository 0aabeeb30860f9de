import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { openTestDatabase, type TestDatabase } from '../../tests/support/database.ts';
import { firstLedger } from '../../tests/support/first-ledger.ts';
import { migrations } from '../schema/migrations/all.ts';
import { checkDatabase } from './check-database.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await openTestDatabase();
  change(({ exec, insert }) => {
    for (const { table, row } of firstLedger()) insert(table, row);
    exec('UPDATE executions SET open = 1 WHERE finished_at IS NULL');
  });
});
afterEach(() => database.dispose());

type Hand = { exec(sql: string): void; insert(table: string, row: Readonly<Record<string, unknown>>): void };

/** As somebody does who edits the file by hand. */
function change(work: (hand: Hand) => void): void {
  const file = new BetterSqlite3(join(database.dataDir, 'muster.db'));
  file.pragma('foreign_keys = OFF');
  work({
    exec: (sql) => void file.exec(sql),
    insert(table, row) {
      const columns = Object.keys(row);
      file.prepare(`INSERT INTO ${table} (${columns}) VALUES (${columns.map(() => '?')})`).run(...Object.values(row));
    },
  });
  file.close();
}

const look = (depth: 'quick' | 'deep' = 'quick', now = Date.now()) => [
  ...checkDatabase({ dataDir: database.dataDir, migrations, depth, now }),
];
const bad = (depth?: 'quick' | 'deep') => look(depth).filter(({ level }) => level !== 'ok');

test('a ledger that is well is found well, beside the server that has it open', () => {
  expect(bad('quick')).toEqual([]);
  expect(bad('deep')).toEqual([]);
});

test.each([
  ['UPDATE runs SET lost = 2 WHERE lost = 1', /counts that are not/],
  ["UPDATE runs SET state = 'failed' WHERE open = 1", /active without an open execution/],
  ["UPDATE executions SET open = 0 WHERE state = 'queued'", /marked open in a final state/],
  ["UPDATE executions SET open = 1 WHERE state = 'lost'", /marked open in a final state/],
  ["UPDATE executions SET deadline_at = NULL WHERE state = 'running'", /no deadline/],
  ["DELETE FROM runs WHERE state = 'active'", /executions have no run/],
  ["INSERT INTO log_chunks VALUES ('exe_0', 0, 1, 'out', 0, 'x')", /belong to no execution/],
  [
    "UPDATE log_chunks SET start = 1; INSERT INTO log_chunks SELECT execution_id, 9, 1, 'out', 0, 'x' FROM log_chunks",
    /logs have a hole/,
  ],
  ["UPDATE tasks SET status = 'active', type = 'Interval'", /will never fire again/],
  ["INSERT INTO execution_gates VALUES ('exe_0', 'lock:db', 1, 1)", /places at locks and limits are wrong/],
  ["UPDATE executions SET gates = 1 WHERE state = 'running'", /places at locks and limits are wrong/],
  ["INSERT INTO execution_gates SELECT id, 'lock:db', 1, 1 FROM executions", /held by more than they let pass/],
  ["INSERT INTO execution_gates SELECT id, 'lock:db', 9, 0 FROM executions WHERE state = 'running'", /does not hold its own/],
])('after %s, this is told', (sql, words) => {
  change(({ exec }) => exec(sql));
  for (const depth of ['quick', 'deep'] as const)
    expect(bad(depth)).toContainEqual(expect.objectContaining({ what: 'ledger', detail: expect.stringMatching(words) }));
});

test('a run that the retention is taking away is no fault', () => {
  change(({ exec }) => {
    exec("UPDATE runs SET finished_at = 1 WHERE state = 'succeeded'");
    exec("DELETE FROM executions WHERE state = 'succeeded'");
    exec('DELETE FROM log_chunks WHERE execution_id NOT IN (SELECT id FROM executions)');
    exec('DELETE FROM attempts WHERE execution_id NOT IN (SELECT id FROM executions)');
  });
  expect(bad()).toEqual([]);
});

test('a damaged file is told with the way out', async () => {
  await database.db.close();
  const path = join(database.dataDir, 'muster.db');
  const file = await open(path, 'r+');
  const { size } = await stat(path);
  await file.write(Buffer.alloc(size - 40_960, 0x55), 0, size - 40_960, 40_960);
  await file.close();
  expect(bad()).toContainEqual(
    expect.objectContaining({ level: 'fail', remedy: expect.stringContaining('npx muster restore FILE --force') }),
  );
});

test('a week without a backup is told', () => {
  const later = Date.now() + 8 * 86_400_000;
  expect(look('quick', later)).toContainEqual(
    expect.objectContaining({ level: 'warn', what: 'backup', remedy: expect.stringContaining('npx muster backup') }),
  );
});
