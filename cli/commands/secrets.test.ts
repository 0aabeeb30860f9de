import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SecretSummary } from '../../shared/api/secrets.ts';
import { cliWith } from '../../tests/support/cli.ts';
import { pageOf, type StubApi, startStubApi } from '../../tests/support/stub-api.ts';

let api: StubApi;
let cli: ReturnType<typeof cliWith>;

beforeEach(async () => {
  api = await startStubApi();
  cli = cliWith(api);
});
afterEach(() => api.stop());

const some: SecretSummary = {
  name: 'db-password',
  updatedAt: '2026-01-05T12:00:00.000Z',
  updatedBy: 'ada',
  lastUsedAt: null,
  usedBy: [],
  usedByCount: 2,
  usable: true,
};

describe('secrets', () => {
  test('are written from the standard input, and the value is shown nowhere', async () => {
    api.answer('PUT /api/v1/secrets/db-password', { status: 201, body: some });
    const end = await cli(['secrets', 'set', 'db-password'], { input: 'hunter22' });
    expect(end).toEqual({ code: 0, out: 'db-password is written. Nobody can read it again.\n', err: '' });
    expect(api.requests.at(-1)?.body).toEqual({ value: 'hunter22' });
  });

  test('take no value on the command line', async () => {
    const end = await cli(['secrets', 'set', 'db-password', 'hunter22']);
    expect(end.code).toBe(2);
    expect(api.requests).toEqual([]);
  });

  test('are listed with their use', async () => {
    api.answer('GET /api/v1/secrets', pageOf(some, { ...some, name: 'old', usable: false }));
    const { out } = await cli(['secrets']);
    expect(out).toMatch(/^db-password +10 s ago +ada +– +2$/m);
    expect(out).toContain('old (cannot be opened)');
  });

  test('are removed', async () => {
    api.answer('DELETE /api/v1/secrets/old', { status: 204 });
    expect((await cli(['secrets', 'remove', 'old'])).out).toBe('old is removed.\n');
  });
});
