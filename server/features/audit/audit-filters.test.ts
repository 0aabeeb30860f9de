import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CompiledQuery } from 'kysely';
import { idGenerator } from '../../../shared/ids.ts';
import { createFakeClock } from '../../../tests/support/clock.ts';
import { openTestDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import { createDialect } from '../../platform/db/sqlite/dialect.ts';
import { queryPlan } from '../../platform/db/sqlite/query-plan.ts';
import type { Tables, Writer } from '../../schema/schema.ts';
import { type AuditService, createAudit } from './audit.service.ts';
import { type AuditRange, endOfAuditLook, listAudit, nextAuditAction } from './audit.store.ts';
import { entriesLookedAt } from './audit.ts';
import { auditFile } from './audit-export.ts';

let database: TestDatabase;
let audit: AuditService;
const clock = createFakeClock();

beforeAll(async () => {
  database = await openTestDatabase();
  audit = createAudit({ db: database.db, clock, newId: idGenerator(() => clock.now(), randomBytes) });
});
afterAll(() => database.dispose());
beforeEach(() => database.db.write((writer) => writer.deleteFrom('audit').execute()));

const did = (actor: string, action: string, subject: string) => audit.record({ actor, action, subject });
const subjects = async (query: Partial<Parameters<AuditService['list']>[0]>) =>
  (await audit.list({ limit: 10, ...query })).items.map(({ subject }) => subject);

describe('the filters of the audit', () => {
  it('take a time as an instant or as how long ago, the beginning in and the end out', async () => {
    await did('a', 'x.y', 'first');
    await clock.advance(60_000);
    const at = new Date(clock.now()).toISOString();
    await did('a', 'x.y', 'second');
    await clock.advance(60_000);
    await did('a', 'x.y', 'third');
    expect(await subjects({ since: at })).toEqual(['third', 'second']);
    expect(await subjects({ until: at })).toEqual(['first']);
    expect(await subjects({ since: '90s' })).toEqual(['third', 'second']);
    expect(await subjects({ since: '90s', until: '30s' })).toEqual(['second']);
    expect(await subjects({ since: '90s', actor: 'a', action: 'x.y' })).toEqual(['third', 'second']);
  });

  it('of which several are given look at a bounded number of entries, and say where they stopped', async () => {
    await did('a', 'rare.one', 'old');
    await clock.advance(1000);
    await database.db.write(async (writer) => {
      const newId = idGenerator(() => clock.now(), randomBytes);
      for (let from = 0; from < entriesLookedAt; from += 500) {
        const rows = Array.from({ length: 500 }, () => ({
          id: newId('audit'), at: 1, actor: 'a', action: 'common.one', subject: 's', detail: '{}', address: null,
        })); // biome-ignore format: a row
        await writer.insertInto('audit').values(rows).execute();
      }
    });
    const first = await audit.list({ limit: 10, actor: 'a', action: 'rare.one' });
    expect(first.items).toEqual([]);
    expect(first.next).toMatch(/^aud_/);
    const second = await audit.list({ limit: 10, actor: 'a', action: 'rare.one', after: first.next ?? '' });
    expect(second.items.map(({ subject }) => subject)).toEqual(['old']);
    expect(second.next).toBeNull();
  });

  it('know which actions there are', async () => {
    for (const action of ['user.signed_in', 'task.created', 'user.signed_in']) await did('a', action, 's');
    expect(await audit.actions()).toEqual(['task.created', 'user.signed_in']);
  });

  it.each<[string, AuditRange]>([
    ['nothing', {}],
    ['an actor', { actor: 'a' }],
    ['an action', { action: 'a' }],
    ['a subject', { subject: 'a' }],
    ['a time', { from: 'aud_0', before: 'aud_1' }],
    ['all of them', { actor: 'a', action: 'b', subject: 'c', from: 'aud_0', before: 'aud_1' }],
  ])('find %s by an index', async (_what, range) => {
    const plans = await plansOf(async (db) => {
      await listAudit(db, range, 10);
      await endOfAuditLook(db, range);
      await nextAuditAction(db, '');
    });
    // the look itself is bounded; what is read of its outcome may be walked through
    expect(plans.filter((line) => /SCAN|TEMP B-TREE/.test(line) && !/SCAN (audit USING|\(subquery|looked)/.test(line))).toEqual(
      [],
    );
    expect(plans.some((line) => /audit USING/.test(line))).toBe(true);
  });
});

describe('the audit as a file', () => {
  const read = async (format: 'csv' | 'jsonl', signal = new AbortController().signal): Promise<string> => {
    let text = '';
    for await (const part of auditFile(audit.walk({}, signal), format)) text += part;
    return text;
  };

  it('is every entry on a line of JSON', async () => {
    for (let index = 0; index < 1203; index += 1) await did('a', 'x.y', String(index));
    const lines = (await read('jsonl')).trimEnd().split('\n');
    expect(lines.length).toBe(1203);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ subject: '1202', actor: 'a' });
  });

  it('is a table, in which nothing is run by a spreadsheet or breaks out of its cell', async () => {
    await audit.record({ actor: '=HYPERLINK("http://x")', action: 'x.y', subject: 'a,"b"\nc', detail: { n: 1 } });
    const [head, ...rest] = (await read('csv')).split('\r\n');
    expect(head).toBe('at,actor,action,subject,address,detail,id');
    expect(rest.join('\r\n')).toContain(`,"'=HYPERLINK(""http://x"")",x.y,"a,""b""\nc",,"{""n"":1}",aud_`);
  });

  it('ends when its reader went away', async () => {
    await did('a', 'x.y', 's');
    expect(await read('jsonl', AbortSignal.abort())).toBe('');
  });
});

async function plansOf(work: (db: Writer) => Promise<unknown>): Promise<string[]> {
  const queries: CompiledQuery[] = [];
  const connection = {
    async executeQuery(query: CompiledQuery) {
      queries.push(query);
      return { rows: [] };
    },
    // biome-ignore lint/correctness/useYield: the interface wants a generator
    async *streamQuery() {
      throw new Error('nothing is streamed');
    },
  };
  // a database that answers nothing, and notes what it is asked
  await work(createDialect().transaction<Tables>(connection, () => undefined));
  const plans = await Promise.all(queries.map((query) => queryPlan(database.db.read, { compile: () => query })));
  return plans.flat();
}
