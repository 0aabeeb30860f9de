import { afterEach, beforeEach, expect, test } from '@jest/globals';
import Sqlite, { type Database, type Statement } from 'better-sqlite3';
import { openTestLedger, type TestLedger } from '../../../tests/support/ledger.ts';

/** What a plain Adhoc task costs: limits, locks, schedules, secrets and artifacts are paid for by those who use them. */

type Prepare = (this: Database, sql: string) => Statement<unknown[]>;
const library = Sqlite.prototype as unknown as { prepare: Prepare };
const { prepare } = library;
const executed: string[] = [];

let ledger: TestLedger;
beforeEach(async () => {
  library.prepare = function (sql) {
    const statement = prepare.call(this, sql);
    for (const verb of ['run', 'get', 'all', 'iterate'] as const) {
      const execute = statement[verb].bind(statement) as (...values: unknown[]) => unknown;
      Object.assign(statement, {
        [verb](...values: unknown[]) {
          executed.push(sql);
          return execute(...values);
        },
      });
    }
    return statement;
  };
  ledger = await openTestLedger();
});
afterEach(async () => {
  library.prepare = prepare;
  await ledger.dispose();
});

test('the life of a plain task takes 28 statements, and asks for nothing that it does not use', async () => {
  const web = ledger.agent('web');
  for (let life = 0; life < 2; life += 1) {
    // the first one also reads what is kept in memory from then on
    executed.length = 0;
    await ledger.post({ owner: 'web' });
    await ledger.settle();
    const offer = web.offers()[life];
    if (offer === undefined) throw new Error('it was not offered');
    await web.accept(offer);
    await web.end(offer);
    await ledger.settle();
  }
  expect(executed.filter((sql) => /execution_gates|secrets|artifacts|task_versions|"attempts"/.test(sql))).toEqual([]);
  // its row is read once, when it is looked for; what was written a moment ago is known, and so is that the run has one execution
  expect(executed.length).toBe(28);
});
