import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { idGenerator } from '../../../shared/ids.ts';
import { createFakeClock } from '../../../tests/support/clock.ts';
import { openTestDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import { type AuditService, createAudit } from './audit.service.ts';

let database: TestDatabase;
let audit: AuditService;
const clock = createFakeClock();

beforeAll(async () => {
  database = await openTestDatabase();
  audit = createAudit({ db: database.db, clock, newId: idGenerator(() => clock.now(), randomBytes) });
});
afterAll(() => database.dispose());
beforeEach(() => database.db.write((writer) => writer.deleteFrom('audit').execute()));

const subjects = async (query: Parameters<AuditService['list']>[0]) =>
  (await audit.list(query)).items.map(({ subject }) => subject);

async function record(...names: string[]): Promise<void> {
  for (const subject of names) await audit.record({ actor: 'alice', action: 'task.created', subject });
}

describe('the audit', () => {
  it('tells who did what to whom, when and from where', async () => {
    await audit.record({
      actor: 'alice',
      action: 'user.created',
      subject: 'bob',
      detail: { role: 'viewer' },
      address: '192.0.2.7',
    });
    const { items, next } = await audit.list({ limit: 10 });
    expect(items).toEqual([
      {
        id: expect.stringMatching(/^aud_/),
        at: new Date(clock.now()).toISOString(),
        actor: 'alice',
        action: 'user.created',
        subject: 'bob',
        detail: { role: 'viewer' },
        address: '192.0.2.7',
      },
    ]);
    expect(next).toBeNull();
  });

  it('pages from the newest to the oldest without a gap or a repeat, also while entries are added', async () => {
    await record('1', '2', '3', '4', '5');
    const first = await audit.list({ limit: 2 });
    await record('6');
    const second = await audit.list({ limit: 2, after: first.next ?? '' });
    const third = await audit.list({ limit: 2, after: second.next ?? '' });
    expect([first, second, third].map(({ items }) => items.map(({ subject }) => subject))).toEqual([
      ['5', '4'],
      ['3', '2'],
      ['1'],
    ]);
    expect(third.next).toBeNull();
  });

  it('says that there is no further page when the last one is just full', async () => {
    await record('1', '2');
    expect((await audit.list({ limit: 2 })).next).toBeNull();
  });

  it('filters by actor, action and subject', async () => {
    await record('1', '2');
    await audit.record({ actor: 'bob', action: 'task.deleted', subject: '1' });
    expect(await subjects({ limit: 10, actor: 'bob' })).toEqual(['1']);
    expect(await subjects({ limit: 10, action: 'task.created' })).toEqual(['2', '1']);
    expect((await audit.list({ limit: 10, subject: '1' })).items.map(({ action }) => action)).toEqual([
      'task.deleted',
      'task.created',
    ]);
    expect(await subjects({ limit: 10, actor: 'alice', subject: '2', action: 'task.created' })).toEqual(['2']);
  });

  it('refuses a cursor that is none of its own', async () => {
    await expect(audit.list({ limit: 10, after: 'usr_00000000000000000000000000' })).rejects.toMatchObject({
      code: 'cursor_invalid',
      details: { field: 'after' },
    });
  });

  it('keeps no entry of a change that was rolled back', async () => {
    const failed = database.db.write(async (writer) => {
      await audit.recordIn(writer, { actor: 'alice', action: 'task.created', subject: 'never' });
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await subjects({ limit: 10 })).toEqual([]);
  });
});
