import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Role } from '../../../shared/permissions.ts';
import { cookieOf, openTestAuth, someAdmin, type TestAuth } from '../../../tests/support/auth.ts';
import type { TestDatabase } from '../../../tests/support/database.ts';

let test: TestAuth & TestDatabase;
const password = 'correct horse battery';
let made = 0;

beforeAll(async () => {
  test = await openTestAuth();
});
afterAll(() => test.dispose());

const create = (role: Role = 'viewer') => {
  made += 1;
  return test.auth.users.create({ name: `user${made}`, role, password }, someAdmin);
};
const signIn = async (name: string, secret = password) =>
  cookieOf((await test.auth.signInWithPassword(name, secret, null)).setCookie);
const cookie = (header: string) => test.auth.authenticate({ cookie: header });
const lastAudit = async () => (await test.audit.list({ limit: 1 })).items[0];

describe('a new user', () => {
  it('is shown without the password, and audited', async () => {
    const user = await test.auth.users.create({ name: 'alice', role: 'author', password }, someAdmin, { address: '192.0.2.7' });
    expect(user).toEqual({
      id: expect.stringMatching(/^usr_/),
      name: 'alice',
      role: 'author',
      disabled: false,
      hasPassword: true,
      createdAt: new Date(test.clock.now()).toISOString(),
      lastSignInAt: null,
    });
    expect(await lastAudit()).toMatchObject({
      actor: 'token:some',
      action: 'user.created',
      subject: 'alice',
      detail: { id: user.id, role: 'author' },
      address: '192.0.2.7',
    });
  });

  it('cannot take the name of another, also when both are made at the same time', async () => {
    const twins = [1, 2].map(() => test.auth.users.create({ name: 'twin', role: 'viewer', password }, someAdmin));
    const outcomes = (await Promise.allSettled(twins)).map((twin) =>
      twin.status === 'fulfilled' ? 'made' : [twin.reason.code, twin.reason.details.field],
    );
    // whose password is hashed first is not said
    expect(outcomes).toHaveLength(2);
    expect(outcomes).toEqual(expect.arrayContaining(['made', ['name_taken', 'name']]));
  });

  it('gets no role above that of who makes them', async () => {
    const author = { ...someAdmin, role: 'author' as const };
    await expect(test.auth.users.create({ name: 'boss', role: 'admin', password }, author)).rejects.toMatchObject({
      code: 'forbidden',
      details: { field: 'role' },
    });
    await expect(test.auth.users.create({ name: 'peer', role: 'author', password }, author)).resolves.toMatchObject({
      role: 'author',
    });
  });

  it('is not made when what belongs to it fails', async () => {
    const alongside = () => Promise.reject(new Error('no'));
    await expect(test.auth.users.create({ name: 'half', role: 'viewer', password }, someAdmin, { alongside })).rejects.toThrow(
      'no',
    );
    expect((await test.auth.users.list({ limit: 100 })).items.map(({ name }) => name)).not.toContain('half');
  });
});

describe('the list of users', () => {
  it('pages from the newest to the oldest', async () => {
    await Promise.all([create(), create(), create()]);
    const all = (await test.auth.users.list({ limit: 100 })).items.map(({ id }) => id);
    const paged: string[] = [];
    for (let after: string | undefined; ; ) {
      const { items, next } = await test.auth.users.list({ limit: 2, after });
      paged.push(...items.map(({ id }) => id));
      if (next === null) break;
      after = next;
    }
    expect(paged).toEqual(all);
    expect([...all].sort().reverse()).toEqual(all);
  });

  it('refuses a cursor that is none of its own', async () => {
    await expect(test.auth.users.list({ limit: 2, after: 'x' })).rejects.toMatchObject({
      code: 'cursor_invalid',
      details: { field: 'after' },
    });
  });
});

describe('a change of a user', () => {
  it('of the role holds at once, in sessions that are open', async () => {
    const user = await create('viewer');
    const session = await signIn(user.name);
    expect(await cookie(session)).toMatchObject({ role: 'viewer' });
    await test.auth.users.patch(user.id, { role: 'author' }, someAdmin, { address: '192.0.2.7' });
    expect(await cookie(session)).toMatchObject({ role: 'author' });
    expect(await lastAudit()).toMatchObject({
      action: 'user.changed',
      subject: user.name,
      detail: { id: user.id, role: { from: 'viewer', to: 'author' } },
      address: '192.0.2.7',
    });
  });

  it('that disables ends every session at once and for good', async () => {
    const user = await create();
    const session = await signIn(user.name);
    expect(await cookie(session)).toBeDefined();
    expect(await test.auth.users.patch(user.id, { disabled: true }, someAdmin)).toMatchObject({ disabled: true });
    expect(await cookie(session)).toBeUndefined();
    await test.auth.users.patch(user.id, { disabled: false }, someAdmin);
    expect(await cookie(session)).toBeUndefined();
    expect(await cookie(await signIn(user.name))).toBeDefined();
  });

  it('of the password ends their sessions, save the one that asks', async () => {
    const user = await create('admin');
    const [here, there] = [await signIn(user.name), await signIn(user.name)];
    const actor = await cookie(here);
    await cookie(there);
    if (actor === undefined) throw new Error('not signed in');
    await test.auth.users.patch(user.id, { password: 'another horse battery' }, actor);
    expect(await cookie(here)).toBeDefined();
    expect(await cookie(there)).toBeUndefined();
    expect((await lastAudit())?.detail).toEqual({ id: user.id, newPassword: true });
    await test.auth.users.patch(user.id, { password: 'a third horse battery' }, someAdmin);
    expect(await cookie(here)).toBeUndefined();
    await expect(signIn(user.name)).rejects.toMatchObject({ code: 'credentials_wrong' });
    expect(await signIn(user.name, 'a third horse battery')).toBeDefined();
  });

  it('that changes nothing leaves no audit entry', async () => {
    const user = await create();
    const before = await lastAudit();
    await test.auth.users.patch(user.id, { role: 'viewer', disabled: false }, someAdmin);
    await test.auth.users.patch(user.id, {}, someAdmin);
    expect(await lastAudit()).toEqual(before);
  });

  it('is not for somebody with a lower role, nor beyond one’s own', async () => {
    const author = { ...someAdmin, role: 'author' as const };
    const [admin, viewer] = [await create('admin'), await create('viewer')];
    await expect(test.auth.users.patch(admin.id, { disabled: true }, author)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(test.auth.users.patch(viewer.id, { role: 'admin' }, author)).rejects.toMatchObject({
      code: 'forbidden',
      details: { field: 'role' },
    });
  });

  it('needs a user', async () => {
    await expect(test.auth.users.patch('usr_none', { disabled: true }, someAdmin)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('the last enabled admin', () => {
  it('can be neither disabled nor demoted, also not when two go at the same time', async () => {
    const admins = (await test.auth.users.list({ limit: 500 })).items.filter(({ role }) => role === 'admin');
    const others = await Promise.all(admins.slice(1).map(({ id }) => test.auth.users.patch(id, { disabled: true }, someAdmin)));
    const [last, second] = [admins[0], others[0] ?? (await create('admin'))];
    if (last === undefined) throw new Error('no admin');
    await expect(test.auth.users.patch(last.id, { disabled: true }, someAdmin)).rejects.toMatchObject({
      code: 'state_conflict',
      details: { field: 'disabled' },
    });
    await expect(test.auth.users.patch(last.id, { role: 'author' }, someAdmin)).rejects.toMatchObject({
      code: 'state_conflict',
      details: { field: 'role' },
    });
    await test.auth.users.patch(second.id, { disabled: false, role: 'admin' }, someAdmin);
    const both = await Promise.allSettled([
      test.auth.users.patch(last.id, { disabled: true }, someAdmin),
      test.auth.users.patch(second.id, { role: 'viewer' }, someAdmin),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await test.auth.users.patch(second.id, { password: 'another horse battery' }, someAdmin);
  });
});
