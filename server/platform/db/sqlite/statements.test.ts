import { afterEach, expect, test } from '@jest/globals';
import BetterSqlite3 from 'better-sqlite3';
import { createStatements } from './statements.ts';

const database = new BetterSqlite3(':memory:');
afterEach(() => void database.close());

test('a statement is prepared once while it is in use, and let go when others came after it', () => {
  const statements = createStatements(database, 2);
  const first = statements.get('SELECT 1');
  expect(statements.get('SELECT 1')).toBe(first);

  statements.get('SELECT 2');
  statements.get('SELECT 3');
  expect(statements.get('SELECT 1')).toBe(first);

  for (const n of [4, 5, 6, 7]) statements.get(`SELECT ${n}`);
  expect(statements.get('SELECT 1')).not.toBe(first);
});
