import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { MusterError } from '../../../shared/errors.ts';
import { createFakeClock } from '../../../tests/support/clock.ts';
import { startTestHttp, type TestHttp } from '../../../tests/support/http.ts';
import { createIdempotency, keptMs } from './idempotency.ts';
import { type RouteAnswer, route } from './route.ts';

const clock = createFakeClock();
let calls = 0;
/** the test lets each call go on */
let gate: Promise<void> = Promise.resolve();
let entered = (): void => {};
let http: TestHttp;

const declaration = {
  method: 'POST',
  permission: 'tasks.run',
  summary: 'Make a thing',
  tag: 'things',
  body: z.strictObject({ a: z.unknown().optional(), fail: z.boolean().default(false) }),
  responses: { 201: z.object({ call: z.int() }) },
} as const;

beforeAll(async () => {
  http = await startTestHttp({
    clock,
    routes: [
      route({
        ...declaration,
        path: '/recorded',
        async handler({ body, idempotency }) {
          entered();
          await gate;
          calls += 1;
          const answer: RouteAnswer = { status: 201, headers: { location: `/things/${calls}` }, body: { call: calls } };
          await http.db.write(async (writer) => {
            await writer
              .insertInto('catalogue')
              .values({ id: (1000 + calls) as 1, generation: calls })
              .execute();
            await idempotency?.record(writer, answer);
            if (body.fail) throw new MusterError('state_conflict', 'Not now.');
          });
          return answer;
        },
      }),
      route({
        ...declaration,
        path: '/plain',
        async handler() {
          calls += 1;
          return { status: 201, body: { call: calls } };
        },
      }),
      route({
        ...declaration,
        path: '/asks',
        changesNothing: true,
        handler: async () => ({ status: 201, body: { call: ++calls } }),
      }),
      route({
        ...declaration,
        path: '/open',
        permission: 'open',
        handler: async () => ({ status: 201, body: { call: ++calls } }),
      }),
    ],
  });
});
afterAll(() => http.stop());

const post = (path: string, key: string, body: object = {}, as: 'author' | 'operator' = 'operator') =>
  http.call('POST', path, { as, body, headers: { 'idempotency-key': key } });

describe.each(['/recorded', '/plain'])('the same POST sent twice with one key (%s)', (path) => {
  test('happens once, and the second answer is the first', async () => {
    const before = calls;
    const first = await post(path, `${path}-1`, { a: { x: 1, y: 2 } });
    const second = await post(path, `${path}-1`, { a: { y: 2, x: 1 } });
    expect(calls).toBe(before + 1);
    expect(second.status).toBe(201);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(second.headers.get('location')).toBe(first.headers.get('location'));
    expect(second.headers.get('content-type')).toBe(first.headers.get('content-type'));
    expect(await second.text()).toBe(await first.text());
  });

  test('with another body it is a conflict', async () => {
    await post(path, `${path}-2`, { a: 1 });
    const second = await post(path, `${path}-2`, { a: 2 });
    expect(second.status).toBe(409);
    expect(await second.json()).toMatchObject({ code: 'idempotency_conflict' });
  });

  test('from another actor it is another request', async () => {
    const before = calls;
    await post(path, `${path}-3`);
    expect((await post(path, `${path}-3`, {}, 'author')).headers.get('idempotency-replayed')).toBeNull();
    expect(calls).toBe(before + 2);
  });
});

test('a duplicate that comes meanwhile waits for the first; with another body it is refused at once', async () => {
  const before = calls;
  const { promise, resolve } = Promise.withResolvers<void>();
  gate = promise;
  const both = [post('/recorded', 'meanwhile'), post('/recorded', 'meanwhile')];
  expect((await post('/recorded', 'meanwhile', { a: 'other' })).status).toBe(409);
  resolve();
  const answers = await Promise.all(both.map(async (response) => (await response).text()));
  expect(calls).toBe(before + 1);
  expect(answers[0]).toBe(answers[1]);
});

test('a request that failed leaves nothing behind, so that the same key works when it is sent again', async () => {
  expect((await post('/recorded', 'again', { fail: true })).status).toBe(409);
  const rows = await http.db.read.selectFrom('catalogue').select('generation').where('generation', '=', calls).execute();
  expect(rows).toEqual([]);
  expect((await post('/recorded', 'again', { fail: false })).status).toBe(201);
});

test('the answer that another server recorded first wins, and what this one did is undone', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  gate = promise;
  const inHandler = new Promise<void>((resolve) => {
    entered = resolve;
  });
  const slow = post('/recorded', 'race');
  await inHandler;
  // the other server works on the same database without knowing of the request here
  const other = createIdempotency({ db: http.db, clock, randomBytes: (size) => new Uint8Array(size) });
  const request = { actor: 'token:token-operator', key: 'race', method: 'POST', path: '/recorded', body: {} };
  await other.once(request, async () => ({ status: 201, body: { call: -1 } }));
  resolve();
  const answer = await slow;
  expect(answer.headers.get('idempotency-replayed')).toBe('true');
  expect(await answer.json()).toEqual({ call: -1 });
  expect(await http.db.read.selectFrom('catalogue').select('id').where('generation', '=', calls).execute()).toEqual([]);
});

test('the table tells neither key nor answer', async () => {
  await post('/plain', 'secret-key');
  const rows = JSON.stringify(await http.db.read.selectFrom('idempotency').selectAll().execute());
  expect(rows).not.toContain('secret-key');
  expect(rows).not.toContain('"call');
});

test('answers are forgotten after a day, not before', async () => {
  await http.db.write((writer) => writer.deleteFrom('idempotency').execute());
  await post('/plain', 'old');
  clock.set(clock.now() + keptMs);
  await post('/plain', 'new');
  expect(await http.idempotency.prune()).toBe(0);
  clock.set(clock.now() + 1);
  expect(await http.idempotency.prune()).toBe(1);
  expect((await post('/plain', 'new')).headers.get('idempotency-replayed')).toBe('true');
});

test('a POST that only asks is answered anew, and its answer is not kept', async () => {
  const rows = () => http.db.read.selectFrom('idempotency').select('id').execute();
  const before = await rows();
  const answers = [await post('/asks', 'asks'), await post('/asks', 'asks')];
  const [first, second] = await Promise.all(answers.map((response) => response.json() as Promise<{ call: number }>));
  expect(second?.call).toBe((first?.call ?? 0) + 1);
  expect(await rows()).toEqual(before);
});

test('a key that is no key is refused, and an open route takes no notice of one', async () => {
  expect(await (await post('/plain', 'with space')).json()).toMatchObject({ code: 'field_invalid', field: 'Idempotency-Key' });
  const before = calls;
  await post('/open', 'k');
  await post('/open', 'k');
  expect(calls).toBe(before + 2);
});
