import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cookieOf, createTestAuth, openTestAuth, someAdmin, type TestAuth } from '../../../tests/support/auth.ts';
import type { TestDatabase } from '../../../tests/support/database.ts';

let test: TestAuth & TestDatabase;
const password = 'correct horse battery';
const hour = 3_600_000;

beforeAll(async () => {
  test = await openTestAuth();
  await test.auth.users.create({ name: 'alice', role: 'operator', password }, someAdmin);
});
afterAll(() => test.dispose());

const bearer = (token: string) => test.auth.authenticate({ authorization: `Bearer ${token}` });
const cookie = (header: string) => test.auth.authenticate({ cookie: header });
const signIn = async () => cookieOf((await test.auth.signInWithPassword('alice', password, null)).setCookie);
const newToken = () => test.auth.tokens.create({ name: 'ci', role: 'operator' }, someAdmin);
const tokenRow = (id: string) => test.db.read.selectFrom('api_tokens').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

describe('a bearer token', () => {
  it('says who asks', async () => {
    const { id, token } = await newToken();
    expect(await bearer(token)).toEqual({ kind: 'token', id, name: 'token:ci', role: 'operator', csrfToken: null });
    expect(await test.auth.authenticate({ authorization: `bearer  ${token}` })).toBeDefined();
  });

  it.each([
    '',
    'Bearer',
    'Bearer ',
    'Basic YTpi',
    'mst_x',
    'Bearer a b',
    `Bearer ${'x'.repeat(600)}`,
    'Bearer mst_unknown',
    'Bearer größe',
  ])('is not seen in %j', async (authorization) => {
    expect(await test.auth.authenticate({ authorization })).toBeUndefined();
  });

  it('that is wrong is not helped by a cookie that is right', async () => {
    expect(await test.auth.authenticate({ authorization: 'Bearer wrong', cookie: await signIn() })).toBeUndefined();
  });

  it('is refused at once when it is revoked, and another one stays known', async () => {
    const [first, second] = [await newToken(), await newToken()];
    await Promise.all([bearer(first.token), bearer(second.token)]);
    await test.auth.tokens.revoke(first.id, someAdmin);
    expect(await bearer(first.token)).toBeUndefined();
    expect(await bearer(second.token)).toBeDefined();
  });

  it('is not remembered by a look-up that began before the revocation', async () => {
    const { id, token } = await newToken();
    await Promise.all([test.auth.tokens.revoke(id, someAdmin), bearer(token)]);
    expect(await bearer(token)).toBeUndefined();
  });

  it('that another server revoked is refused after a moment', async () => {
    const { id, token } = await newToken();
    expect(await bearer(token)).toBeDefined();
    const elsewhere = createTestAuth(test, {}, test.clock);
    await elsewhere.auth.tokens.revoke(id, someAdmin);
    await test.clock.advance(5_000);
    expect(await bearer(token)).toBeUndefined();
  });

  it('expires', async () => {
    const { token } = await test.auth.tokens.create({ name: 'brief', role: 'viewer', expiresInSeconds: 60 }, someAdmin);
    expect(await bearer(token)).toBeDefined();
    await test.clock.advance(60_000);
    expect(await bearer(token)).toBeUndefined();
  });

  it('has the time of its last use written at most once a minute', async () => {
    const { id, token } = await newToken();
    const start = test.clock.now();
    await Promise.all([bearer(token), bearer(token), bearer(token)]);
    expect((await tokenRow(id)).last_used_at).toBe(start);
    await test.clock.advance(59_999);
    await bearer(token);
    expect((await tokenRow(id)).last_used_at).toBe(start);
    await test.clock.advance(1);
    await bearer(token);
    expect((await tokenRow(id)).last_used_at).toBe(start + 60_000);
  });
});

describe('a session', () => {
  it('ends after 12 hours without use, and use prolongs it', async () => {
    const used = await signIn();
    const unused = await signIn();
    await test.clock.advance(11 * hour);
    expect(await cookie(used)).toMatchObject({ name: 'alice' });
    await test.clock.advance(hour);
    expect(await cookie(unused)).toBeUndefined();
    await test.clock.advance(11 * hour - 1);
    expect(await cookie(used)).toBeDefined();
    await test.clock.advance(12 * hour);
    expect(await cookie(used)).toBeUndefined();
  });

  it('ends after 7 days however much it is used', async () => {
    const used = await signIn();
    for (let hours = 0; hours < 7 * 24 - 6; hours += 6) {
      await test.clock.advance(6 * hour);
      expect(await cookie(used)).toBeDefined();
    }
    await test.clock.advance(6 * hour - 1);
    expect(await cookie(used)).toBeDefined();
    await test.clock.advance(1);
    expect(await cookie(used)).toBeUndefined();
  });

  it('is prolonged by a write every few minutes and not by every request', async () => {
    const used = await signIn();
    const ends = async () =>
      (await test.db.read.selectFrom('sessions').select('expires_at').orderBy('id', 'desc').executeTakeFirstOrThrow()).expires_at;
    const first = await ends();
    await test.clock.advance(299_999);
    await cookie(used);
    expect(await ends()).toBe(first);
    await test.clock.advance(1);
    await cookie(used);
    expect(await ends()).toBe(first + 300_000);
  });

  it('leaves no row behind for long once it has ended', async () => {
    await signIn();
    await test.clock.advance(8 * 24 * hour);
    await signIn();
    expect(await test.db.read.selectFrom('sessions').selectAll().execute()).toHaveLength(1);
  });

  it('has another CSRF token each', async () => {
    const [first, second] = [await cookie(await signIn()), await cookie(await signIn())];
    expect(first?.csrfToken).not.toBe(second?.csrfToken);
  });
});

it('goes on knowing people while the time of their use cannot be written', async () => {
  const { token } = await newToken();
  const failing = createTestAuth({ db: { ...test.db, write: () => Promise.reject(new Error('disk full')) } }, {}, test.clock);
  expect(await failing.auth.authenticate({ authorization: `Bearer ${token}` })).toBeDefined();
  expect(failing.logText()).toMatch(/time of use not written/);
});
