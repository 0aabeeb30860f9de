import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cookieOf, createTestAuth, openTestAuth, someAdmin, type TestAuth } from '../../../tests/support/auth.ts';
import type { TestDatabase } from '../../../tests/support/database.ts';
import { createRateLimiter } from '../../platform/http/rate-limiter.ts';

let test: TestAuth & TestDatabase;
const [first, second] = ['correct horse battery', 'another horse battery'];

beforeAll(async () => {
  test = await openTestAuth();
  await test.auth.ensureAdmin({ dataDir: test.dataDir });
  await test.auth.users.create({ name: 'alice', role: 'viewer', password: first }, someAdmin);
});
afterAll(() => test.dispose());

const signIn = (password: string) => test.auth.signInWithPassword('alice', password, null);
const stillIn = async ({ setCookie }: { setCookie: string }) =>
  (await test.auth.authenticate({ cookie: cookieOf(setCookie) })) !== undefined;

describe('changing one’s own password', () => {
  it('needs the present one', async () => {
    const { actor } = await signIn(first);
    await expect(test.auth.changeOwnPassword(actor, { next: second })).rejects.toMatchObject({
      code: 'field_missing',
      details: { field: 'current' },
    });
    await expect(test.auth.changeOwnPassword(actor, { current: 'wrong', next: second })).rejects.toMatchObject({
      code: 'field_invalid',
      details: { field: 'current' },
    });
    expect((await test.audit.list({ limit: 1 })).items).toMatchObject([
      { actor: 'alice', action: 'user.password_change_failed' },
    ]);
    await expect(signIn(first)).resolves.toBeDefined();
  });

  it('is slowed down like signing in', async () => {
    const { actor } = await signIn(first);
    const limiter = createRateLimiter({ clock: test.clock, burst: 1, secondsPerTry: 60 });
    const { auth } = createTestAuth(test, { limits: { byAddress: limiter, byAddressAndName: limiter } }, test.clock);
    const guess = () => auth.changeOwnPassword(actor, { current: 'wrong', next: second }, { address: '192.0.2.7' });
    await expect(guess()).rejects.toMatchObject({ code: 'field_invalid' });
    await expect(guess()).rejects.toMatchObject({ code: 'rate_limited' });
    // ids of the two makers would be of the same millisecond, and their order left to chance
    await test.clock.advance(1);
  });

  it('ends the other sessions and keeps this one', async () => {
    const [here, there] = [await signIn(first), await signIn(first)];
    expect(await stillIn(there)).toBe(true);
    await test.auth.changeOwnPassword(here.actor, { current: first, next: second }, { address: '192.0.2.7' });
    expect([await stillIn(here), await stillIn(there)]).toEqual([true, false]);
    expect((await test.audit.list({ limit: 1 })).items).toMatchObject([
      { actor: 'alice', action: 'user.password_changed', address: '192.0.2.7' },
    ]);
    await expect(signIn(first)).rejects.toMatchObject({ code: 'credentials_wrong' });
    await expect(signIn(second)).resolves.toBeDefined();
  });

  it('lets only one of two at the same time win', async () => {
    const { actor } = await signIn(second);
    const both = await Promise.allSettled(
      ['a', 'b'].map((end) => test.auth.changeOwnPassword(actor, { current: second, next: `${first} ${end}` })),
    );
    expect(both.filter(({ status }) => status === 'rejected')).toMatchObject([{ reason: { code: 'state_conflict' } }]);
  });

  it('sets the first password of the user admin, who came by the link', async () => {
    const { actor } = await test.auth.signInWithCode(await test.auth.createSignInCode(), null);
    await test.auth.changeOwnPassword(actor, { next: first });
    await expect(test.auth.signInWithPassword('admin', first, null)).resolves.toBeDefined();
    await expect(test.auth.changeOwnPassword(actor, { next: second })).rejects.toMatchObject({ code: 'field_missing' });
  });

  it('is not for a token', async () => {
    await expect(test.auth.changeOwnPassword(someAdmin, { next: second })).rejects.toMatchObject({ code: 'state_conflict' });
  });
});
