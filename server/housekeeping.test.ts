import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { idGenerator } from '../shared/ids.ts';
import { createFakeClock } from '../tests/support/clock.ts';
import { openTestDatabase, type TestDatabase } from '../tests/support/database.ts';
import { eventually } from '../tests/support/eventually.ts';
import { createAudit } from './features/audit/audit.service.ts';
import { startHousekeeping } from './housekeeping.ts';
import { createIdempotency } from './platform/http/idempotency.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await openTestDatabase();
});
afterEach(() => database.dispose());

test('what is old is looked for a minute after the start, then every hour, and not any more once it is stopped', async () => {
  const { db } = database;
  const clock = createFakeClock();
  let looks = 0;
  const housekeeping = startHousekeeping({
    db,
    port: { giveBack: async () => false },
    clock,
    settings: { keepRunsDays: 30, keepRunsCount: 0, keepLogsDays: 0, keepAuditDays: 30 },
    audit: createAudit({ db, clock, newId: idGenerator(clock.now, randomBytes) }),
    logs: { removeIn: async () => false },
    artifacts: {
      async prune() {
        looks += 1;
        return 0;
      },
    },
    idempotency: createIdempotency({ db, clock, randomBytes }),
    pause: async () => undefined,
    log: pino({ level: 'silent' }),
  });
  await clock.advance(59_000);
  expect(looks).toBe(0);
  await clock.advance(1000);
  await eventually('it has looked', () => looks === 1);
  await clock.advance(3_600_000);
  await eventually('it has looked again', () => looks === 2);
  await housekeeping.stop();
  await housekeeping.stop();
  await clock.advance(7_200_000);
  expect(looks).toBe(2);
});
