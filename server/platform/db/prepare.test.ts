import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openTestDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import type { Reader } from '../../schema/schema.ts';
import { type Params, prepare } from './prepare.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.dispose());

type Entry = { id: string; at: number; actor: string; address: string | null };

const insert = prepare((db: Reader, p: Params<Entry>) =>
  db
    .insertInto('audit')
    .values({ ...p.each('id', 'at', 'actor', 'address'), action: 'tested', subject: 'prepare', detail: '{}' }),
);
const byActor = prepare((db: Reader, p: Params<{ actor: string; limit: number }>) =>
  db
    .selectFrom('audit')
    .select(['id', 'address'])
    .where('actor', '=', p('actor'))
    .where('action', '=', 'tested')
    .orderBy('id')
    .limit(p('limit')),
);
const readdress = prepare((db: Reader, p: Params<{ actor: string; address: string | null }>) =>
  db
    .updateTable('audit')
    .set({ address: p('address') })
    .where('actor', '=', p('actor')),
);
const remove = prepare((db: Reader, p: Params<{ actor: string }>) =>
  db.deleteFrom('audit').where('actor', '=', p('actor')).returning(['id', 'address']),
);

test('a prepared query runs with new values each time, on a writer and on a reader', async () => {
  const { db } = database;
  const counts = await Promise.all(
    ['a1', 'a2', 'a3'].map((id) => db.write((writer) => insert(writer, { id, at: 1, actor: 'ann', address: null }))),
  );
  expect(counts).toEqual([1, 1, 1]);
  await db.write((writer) => insert(writer, { id: 'b1', at: 1, actor: 'bob', address: '::1' }));

  expect(await byActor(db.read, { actor: 'ann', limit: 2 })).toEqual([
    { id: 'a1', address: null },
    { id: 'a2', address: null },
  ]);
  expect(await byActor.first(db.read, { actor: 'bob', limit: 1 })).toEqual({ id: 'b1', address: '::1' });
  expect(await byActor.first(db.read, { actor: 'eve', limit: 1 })).toBeUndefined();

  expect(await db.write((writer) => readdress(writer, { actor: 'ann', address: '::2' }))).toBe(3);
  expect(await db.write((writer) => remove(writer, { actor: 'bob' }))).toEqual([{ id: 'b1', address: '::1' }]);
  expect(await byActor(db.read, { actor: 'ann', limit: 1 })).toEqual([{ id: 'a1', address: '::2' }]);
});

test('a prepared query is built once per database, however often it runs', async () => {
  let built = 0;
  const counting = prepare((db: Reader, p: Params<{ id: string }>) => {
    built += 1;
    return db.selectFrom('audit').selectAll().where('id', '=', p('id'));
  });
  const other = await openTestDatabase();
  for (let i = 0; i < 3; i += 1) {
    await counting(database.db.read, { id: 'x' });
    await database.db.write((writer) => counting(writer, { id: 'x' }));
    await counting(other.db.read, { id: 'x' });
  }
  await other.dispose();
  expect(built).toBe(2);
});

test('values and results are typed', async () => {
  const { db } = database;
  // @ts-expect-error a value is missing
  await byActor(db.read, { actor: 'ann' }).catch(() => undefined);
  // @ts-expect-error a value is of the wrong type
  await byActor(db.read, { actor: 'ann', limit: '1' }).catch(() => undefined);
  const rows: { id: string; address: string | null }[] = await byActor(db.read, { actor: 'nobody', limit: 1 });
  const changed: number = await db.write((writer) => readdress(writer, { actor: 'nobody', address: null }));
  expect([rows, changed]).toEqual([[], 0]);
});
