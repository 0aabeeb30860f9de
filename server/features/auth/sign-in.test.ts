import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  cheapParameters,
  cookieOf,
  createTestAuth,
  openTestAuth,
  someAdmin,
  type TestAuth,
} from '../../../tests/support/auth.ts';
import type { TestDatabase } from '../../../tests/support/database.ts';
import { createRateLimiter } from '../../platform/http/rate-limiter.ts';

let test: TestAuth & TestDatabase;
const password = 'correct horse battery';
const address = '192.0.2.7';

beforeAll(async () => {
  test = await openTestAuth();
  await test.auth.ensureAdmin({ dataDir: test.dataDir });
  await test.auth.users.create({ name: 'alice', role: 'operator', password }, someAdmin);
});
afterAll(() => test.dispose());
beforeEach(() => test.db.write((writer) => writer.deleteFrom('audit').execute()));

const lastAudit = async () => (await test.audit.list({ limit: 1 })).items[0];
const sessionCount = async () => (await test.db.read.selectFrom('sessions').selectAll().execute()).length;

describe('signing in with a password', () => {
  it('opens a session for the user', async () => {
    const { setCookie, actor } = await test.auth.signInWithPassword('alice', password, address);
    expect(actor).toMatchObject({
      kind: 'user',
      name: 'alice',
      role: 'operator',
      csrfToken: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(await test.auth.authenticate({ cookie: cookieOf(setCookie) })).toEqual(actor);
    expect(await lastAudit()).toMatchObject({
      actor: 'alice',
      action: 'user.signed_in',
      subject: 'alice',
      detail: { method: 'password' },
      address,
    });
    const { items } = await test.auth.users.list({ limit: 10 });
    expect(items.find(({ name }) => name === 'alice')?.lastSignInAt).toBe(new Date(test.clock.now()).toISOString());
  });

  it('says the same for a wrong password, an unknown user and a user without a password; the audit knows why', async () => {
    const tries = [
      ['alice', 'wrong password', 'wrong password'],
      ['nobody', password, 'no such user'],
      ['admin', password, 'has no password'],
    ];
    const messages = new Set<string>();
    for (const [name = '', tried = '', why] of tries) {
      const refused = await test.auth.signInWithPassword(name, tried, address).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: 'credentials_wrong' });
      messages.add((refused as Error).message);
      expect(await lastAudit()).toMatchObject({
        actor: 'system:anonymous',
        action: 'user.sign_in_failed',
        subject: name,
        detail: { method: 'password', why },
        address,
      });
    }
    expect(messages.size).toBe(1);
  });

  it('keeps what was typed out of the audit when it is not even a name', async () => {
    await expect(test.auth.signInWithPassword('my secret phrase\0', '', address)).rejects.toMatchObject({
      code: 'credentials_wrong',
    });
    expect(await lastAudit()).toMatchObject({ subject: '(not a name)' });
  });

  it('replaces a hash of other parameters, once, also when two sign in at the same time', async () => {
    const stronger = createTestAuth(test, { parameters: { ...cheapParameters, cost: 4 } }, test.clock);
    const both = await Promise.all([1, 2].map(() => stronger.auth.signInWithPassword('alice', password, address)));
    expect(both.map(({ actor }) => actor.name)).toEqual(['alice', 'alice']);
    const { password_hash } = await test.db.read
      .selectFrom('users')
      .select('password_hash')
      .where('name', '=', 'alice')
      .executeTakeFirstOrThrow();
    expect(password_hash).toMatch(/^scrypt\$4\$1\$1\$/);
    await expect(stronger.auth.signInWithPassword('alice', password, address)).resolves.toBeDefined();
  });

  it('is slowed down per address and name, before the password is looked at', async () => {
    const limiter = (burst: number) => createRateLimiter({ clock: test.clock, burst, secondsPerTry: 10 });
    const { auth, clock } = createTestAuth(test, { limits: { byAddress: limiter(5), byAddressAndName: limiter(2) } }, test.clock);
    const tryAs = (name: string, from = address) =>
      auth.signInWithPassword(name, password, from).then(
        () => 'in',
        (error) => error.code,
      );
    expect(await tryAs('alice')).toBe('in');
    expect(await tryAs('alice')).toBe('in');
    await expect(auth.signInWithPassword('alice', password, address)).rejects.toMatchObject({
      code: 'rate_limited',
      message: 'Too many tries to sign in; try again in 10 s.',
      details: { retryAfterSeconds: 10 },
    });
    expect(await tryAs('bob')).toBe('credentials_wrong');
    expect(await tryAs('alice', '192.0.2.8')).toBe('in');
    expect(await tryAs('carol')).toBe('credentials_wrong');
    expect(await tryAs('dave')).toBe('rate_limited');
    expect(await tryAs('alice', '2001:db8::1')).toBe('in');
    expect(await tryAs('bob', '2001:db8::2')).toBe('credentials_wrong');
    expect(await tryAs('alice', '2001:db8::3')).toBe('in');
    expect(await tryAs('alice', '2001:db8::4')).toBe('rate_limited');
    await clock.advance(10_000);
    expect(await tryAs('alice')).toBe('in');
  });

  it('is refused while the user is disabled', async () => {
    const { id } = await test.auth.users.create({ name: 'gone', role: 'viewer', password }, someAdmin);
    await test.auth.users.patch(id, { disabled: true }, someAdmin);
    await expect(test.auth.signInWithPassword('gone', password, address)).rejects.toMatchObject({ code: 'credentials_wrong' });
    expect(await lastAudit()).toMatchObject({ detail: { why: 'disabled' } });
  });

  it('opens no session with a password that was replaced while it was checked', async () => {
    const { id } = await test.auth.users.create({ name: 'racer', role: 'viewer', password }, someAdmin);
    const before = await sessionCount();
    const db = {
      ...test.db,
      write: async (work: Parameters<typeof test.db.write>[0]) => {
        await test.db.write((writer) => writer.updateTable('users').set({ password_hash: null }).where('id', '=', id).execute());
        return test.db.write(work);
      },
    } as typeof test.db;
    const late = createTestAuth({ db }, {}, test.clock);
    await expect(late.auth.signInWithPassword('racer', password, address)).rejects.toMatchObject({ code: 'credentials_wrong' });
    expect(await sessionCount()).toBe(before);
  });
});

describe('signing in by the link of the greeting', () => {
  it('is as the user admin, and works once however many try at the same time', async () => {
    const code = await test.auth.createSignInCode();
    const tries = await Promise.allSettled([1, 2, 3, 4].map(() => test.auth.signInWithCode(code, address)));
    const good = tries.filter((tried) => tried.status === 'fulfilled');
    expect(good.map(({ value }) => value.actor)).toEqual([
      expect.objectContaining({ kind: 'user', name: 'admin', role: 'admin' }),
    ]);
    await expect(test.auth.signInWithCode(code, address)).rejects.toMatchObject({
      code: 'credentials_wrong',
      message: expect.stringContaining('used already'),
    });
    expect(await lastAudit()).toMatchObject({ action: 'user.sign_in_failed', detail: { method: 'link', why: 'wrong code' } });
  });
});

describe('signing in with an API token', () => {
  it('opens a session of the token itself, with its role', async () => {
    const { token, id } = await test.auth.tokens.create({ name: 'ci', role: 'author' }, someAdmin);
    const { setCookie, actor } = await test.auth.signInWithToken(token, address);
    expect(actor).toMatchObject({ kind: 'token', id, name: 'token:ci', role: 'author', csrfToken: expect.any(String) });
    expect(await test.auth.authenticate({ cookie: cookieOf(setCookie) })).toEqual(actor);
    await test.auth.tokens.revoke(id, someAdmin);
    expect(await test.auth.authenticate({ cookie: cookieOf(setCookie) })).toBeUndefined();
    await expect(test.auth.signInWithToken(token, address)).rejects.toMatchObject({ code: 'credentials_wrong' });
  });

  it('ends when the token expires', async () => {
    const { token } = await test.auth.tokens.create({ name: 'brief', role: 'viewer', expiresInSeconds: 60 }, someAdmin);
    const { setCookie } = await test.auth.signInWithToken(token, address);
    await test.clock.advance(59_999);
    expect(await test.auth.authenticate({ cookie: cookieOf(setCookie) })).toBeDefined();
    await test.clock.advance(1);
    expect(await test.auth.authenticate({ cookie: cookieOf(setCookie) })).toBeUndefined();
  });
});

describe('signing out', () => {
  it('ends this session at once and no other, and removes the cookie', async () => {
    const here = cookieOf((await test.auth.signInWithPassword('alice', password, address)).setCookie);
    const there = cookieOf((await test.auth.signInWithPassword('alice', password, address)).setCookie);
    expect(await test.auth.authenticate({ cookie: here })).toBeDefined();
    const { setCookie } = await test.auth.signOut(here, { address });
    expect(setCookie).toMatch(/^muster_session=; .*Max-Age=0/);
    expect(await test.auth.authenticate({ cookie: here })).toBeUndefined();
    expect(await test.auth.authenticate({ cookie: there })).toMatchObject({ name: 'alice' });
    expect(await lastAudit()).toMatchObject({ actor: 'alice', action: 'user.signed_out', subject: 'alice', address });
  });

  it('works without a session too, and twice', async () => {
    const cookie = cookieOf((await test.auth.signInWithPassword('alice', password, address)).setCookie);
    for (const header of [cookie, cookie, undefined, 'muster_session=nonsense']) {
      expect((await test.auth.signOut(header)).setCookie).toMatch(/Max-Age=0/);
    }
  });
});
