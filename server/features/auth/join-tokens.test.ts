import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { joinTokenInput } from '../../../shared/api/access.ts';
import { joinTokenPattern } from '../../../shared/join-tokens.ts';
import { openTestAuth, someAdmin, type TestAuth, testFingerprint } from '../../../tests/support/auth.ts';
import type { TestDatabase } from '../../../tests/support/database.ts';

let test: TestAuth & TestDatabase;
beforeAll(async () => {
  test = await openTestAuth();
});
afterAll(() => test.dispose());

const create = (input: Record<string, unknown> = {}) =>
  test.auth.joinTokens.create(joinTokenInput.parse(input), someAdmin, { address: '192.0.2.7' });
const spend = (token: string) => test.db.write((writer) => test.auth.joinTokens.spendIn(writer, token));
const usesOf = async (id: string) => (await test.auth.joinTokens.list({ limit: 500 })).items.find((item) => item.id === id)?.uses;
const refusal = (words: string) => ({
  code: 'join_token_invalid',
  message: expect.stringContaining(words),
  details: { field: 'joinToken' },
});

describe('a join token', () => {
  it('carries the fingerprint of the server and is shown once', async () => {
    const { token, ...shown } = await create({ tags: ['web', 'env=prod', 'web'], maxUses: 3 });
    expect(token).toMatch(joinTokenPattern);
    expect(token.endsWith(`.${testFingerprint}`)).toBe(true);
    expect((await test.auth.joinTokens.list({ limit: 1 })).items).toEqual([shown]);
    expect(shown).toMatchObject({
      maxUses: 3,
      uses: 0,
      agentName: null,
      tags: ['web', 'env=prod'],
      revoked: false,
      createdBy: 'token:some',
    });
    expect(shown.expiresAt).toBe(new Date(test.clock.now() + 86_400_000).toISOString());
    expect((await test.audit.list({ limit: 1 })).items).toMatchObject([
      { action: 'join_token.created', subject: shown.id, address: '192.0.2.7' },
    ]);
  });

  it('that fixes the name is for one agent', async () => {
    await expect(create({ agentName: 'web-1', maxUses: 2 })).rejects.toMatchObject({
      code: 'field_invalid',
      details: { field: 'maxUses' },
    });
    const { token, id } = await create({ agentName: 'web-1', tags: ['web'] });
    expect(await spend(token)).toEqual({ id, agentName: 'web-1', tags: ['web'] });
  });

  it('is spent no more often than it allows, however many agents come at the same time', async () => {
    const { token, id } = await create({ maxUses: 3 });
    const all = await Promise.allSettled(Array.from({ length: 10 }, () => spend(token)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(await usesOf(id)).toBe(3);
    await expect(spend(token)).rejects.toMatchObject(refusal('used up (3 of 3)'));
  });

  it('is not used up by an enrolment that fails', async () => {
    const { token, id } = await create();
    const failed = test.db.write(async (writer) => {
      await test.auth.joinTokens.spendIn(writer, token);
      throw new Error('name taken');
    });
    await expect(failed).rejects.toThrow('name taken');
    expect(await usesOf(id)).toBe(0);
    await expect(spend(token)).resolves.toMatchObject({ id });
    expect((await test.audit.list({ limit: 5, action: 'join_token.used', subject: id })).items).toMatchObject([
      { detail: { uses: 1, maxUses: 1 } },
    ]);
  });

  it('says why it is refused', async () => {
    const [revoked, expired] = [await create(), await create({ expiresInSeconds: 60 })];
    await test.auth.joinTokens.revoke(revoked.id, someAdmin, { address: '192.0.2.7' });
    expect((await test.audit.list({ limit: 1 })).items).toMatchObject([
      { action: 'join_token.revoked', subject: revoked.id, address: '192.0.2.7' },
    ]);
    await expect(spend(revoked.token)).rejects.toMatchObject(refusal('was revoked'));
    await test.clock.advance(60_000);
    await expect(spend(expired.token)).rejects.toMatchObject(refusal(`expired at ${expired.expiresAt}`));
    await expect(spend(`mjt_${'a'.repeat(43)}.${testFingerprint}`)).rejects.toMatchObject(refusal('does not know'));
    await expect(spend(`mjt_${'a'.repeat(43)}.${'f'.repeat(32)}`)).rejects.toMatchObject(refusal('another server'));
    await expect(spend('mjt_cut')).rejects.toMatchObject(refusal('not a join token'));
  });

  it('is revoked once, and only if it exists', async () => {
    const { id } = await create();
    await test.auth.joinTokens.revoke(id, someAdmin);
    await test.auth.joinTokens.revoke(id, someAdmin);
    expect((await test.audit.list({ limit: 5, action: 'join_token.revoked', subject: id })).items).toHaveLength(1);
    await expect(test.auth.joinTokens.revoke('jtk_none', someAdmin)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is listed from the newest to the oldest, page by page', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 3; i += 1) ids.unshift((await create()).id);
    const first = await test.auth.joinTokens.list({ limit: 2 });
    const second = await test.auth.joinTokens.list({ limit: 1, after: first.next ?? '' });
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
  });
});
