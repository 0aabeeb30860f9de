import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openTestAuth, someAdmin, type TestAuth } from '../../../tests/support/auth.ts';
import type { TestDatabase } from '../../../tests/support/database.ts';

let test: TestAuth & TestDatabase;
beforeAll(async () => {
  test = await openTestAuth();
});
afterAll(() => test.dispose());

const lastAudit = async () => (await test.audit.list({ limit: 1 })).items[0];

describe('an API token', () => {
  it('has 256 random bits and is shown once', async () => {
    const { token, ...shown } = await test.auth.tokens.create({ name: 'ci', role: 'author', expiresInSeconds: 3600 }, someAdmin, {
      address: '192.0.2.7',
    });
    expect(token).toMatch(/^mst_[A-Za-z0-9_-]{43}$/);
    const now = test.clock.now();
    expect(shown).toEqual({
      id: expect.stringMatching(/^tok_/),
      name: 'ci',
      role: 'author',
      createdBy: 'token:some',
      createdAt: new Date(now).toISOString(),
      lastUsedAt: null,
      expiresAt: new Date(now + 3_600_000).toISOString(),
      revoked: false,
    });
    expect((await test.auth.tokens.list({ limit: 1 })).items).toEqual([shown]);
    expect(await lastAudit()).toMatchObject({
      actor: 'token:some',
      action: 'token.created',
      subject: shown.id,
      detail: { name: 'ci', role: 'author' },
      address: '192.0.2.7',
    });
  });

  it('gets no role above that of who makes it, nor is revoked by somebody below it', async () => {
    const author = { ...someAdmin, role: 'author' as const };
    await expect(test.auth.tokens.create({ name: 'up', role: 'admin' }, author)).rejects.toMatchObject({
      code: 'forbidden',
      details: { field: 'role' },
    });
    const { id } = await test.auth.tokens.create({ name: 'top', role: 'admin' }, someAdmin);
    await expect(test.auth.tokens.revoke(id, author)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('is revoked once: again changes nothing and leaves no entry', async () => {
    const { id } = await test.auth.tokens.create({ name: 'old', role: 'viewer' }, someAdmin);
    await test.auth.tokens.revoke(id, someAdmin);
    const entry = await lastAudit();
    expect(entry).toMatchObject({ action: 'token.revoked', subject: id, detail: { name: 'old' } });
    await test.auth.tokens.revoke(id, someAdmin);
    expect(await lastAudit()).toEqual(entry);
    expect((await test.auth.tokens.list({ limit: 1 })).items).toMatchObject([{ id, revoked: true }]);
  });

  it('that does not exist cannot be revoked', async () => {
    await expect(test.auth.tokens.revoke('tok_none', someAdmin)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is listed from the newest to the oldest, page by page', async () => {
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c']) ids.unshift((await test.auth.tokens.create({ name, role: 'viewer' }, someAdmin)).id);
    const first = await test.auth.tokens.list({ limit: 2 });
    const second = await test.auth.tokens.list({ limit: 1, after: first.next ?? '' });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
    await expect(test.auth.tokens.list({ limit: 1, after: 'x' })).rejects.toMatchObject({ code: 'cursor_invalid' });
  });
});
