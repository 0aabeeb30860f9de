import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { idGenerator } from '../shared/ids.ts';
import { createFakeClock } from '../tests/support/clock.ts';
import { openTestDatabase, type TestDatabase } from '../tests/support/database.ts';
import { createAudit } from './features/audit/audit.service.ts';
import { systemActor } from './features/audit/audit.ts';
import { openDatabase } from './platform/db/open.ts';
import { createRetentionPass } from './retention-pass.ts';
import type { Tables } from './schema/schema.ts';

let database: TestDatabase;
const clock = createFakeClock();
beforeEach(async () => {
  database = await openTestDatabase();
});
afterEach(() => database.dispose());

const nothing = { logs: 0, executions: 0, runs: 0, tasks: 0 };
const pause = async (): Promise<void> => undefined;
const going = new AbortController().signal;

test('old entries of the audit go in steps, and what was removed is told once, in the audit itself', async () => {
  const { db } = database;
  const audit = createAudit({ db, clock, newId: idGenerator(clock.now, (size) => new Uint8Array(size)) });
  const subjects = Array.from({ length: 450 }, (_, index) => String(index));
  await Promise.all(subjects.map((subject) => audit.record({ actor: 'admin', action: 'task.created', subject })));
  clock.set(clock.now() + 366 * 86_400_000);
  await audit.record({ actor: 'admin', action: 'task.created', subject: 'fresh' });
  const logged: unknown[] = [];
  const pass = createRetentionPass({
    db: { giveBack: async () => false },
    ledger: { pass: async () => nothing },
    audit,
    idempotency: { prune: async () => 0 },
    keepAuditDays: 365,
    pause,
    log: { info: (fields: unknown) => void logged.push(fields) },
  });
  await pass(going);
  await pass(going);
  const { items } = await audit.list({ limit: 100 });
  expect(items.map(({ actor, subject, detail }) => [actor, subject, detail.auditEntries])).toEqual([
    [systemActor, 'ledger', 450],
    ['admin', 'fresh', undefined],
  ]);
  expect(logged).toEqual([{ ...nothing, auditEntries: 450 }]);
});

test('space that became free goes back to the file system, step by step, and a part of it stays', async () => {
  const port = await openDatabase<Tables>({ dataDir: `${database.dataDir}/other` });
  try {
    await port.write(async (writer) => {
      await sql`CREATE TABLE big AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000) SELECT randomblob(4000) AS b FROM n`.execute(
        writer,
      );
    });
    const before = port.space();
    expect(await port.giveBack(64)).toBe(false);
    await port.write((writer) => sql`DELETE FROM big`.execute(writer));
    let steps = 1;
    while (await port.giveBack(64)) steps += 1;
    expect(steps).toBeGreaterThan(10);
    const after = port.space();
    expect(after.bytes).toBeLessThan(before.bytes * 0.7);
    expect(after.freeBytes).toBeGreaterThan(0);
  } finally {
    await port.close();
  }
});
