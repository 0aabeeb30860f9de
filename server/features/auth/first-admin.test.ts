import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cookieOf, openTestAuth, someAdmin, type TestAuth } from '../../../tests/support/auth.ts';
import type { TestDatabase } from '../../../tests/support/database.ts';

let test: TestAuth & TestDatabase;
let dataDir: string;
const [given, other] = ['g'.repeat(32), 'o'.repeat(64)];

beforeEach(async () => {
  test = await openTestAuth();
  dataDir = await mkdtemp(join(tmpdir(), 'muster-admin-'));
});
afterEach(async () => {
  await test.dispose();
  await rm(dataDir, { recursive: true, force: true });
});

const start = (adminToken?: string) => test.auth.ensureAdmin({ adminToken, dataDir });
const file = () => join(dataDir, 'admin.token');
const tokenInFile = async () => (await readFile(file(), 'utf8')).trim();
const bearer = (token: string) => test.auth.authenticate({ authorization: `Bearer ${token}` });
const liveTokens = async () => (await test.auth.tokens.list({ limit: 100 })).items.filter(({ revoked }) => !revoked);

describe('the first start', () => {
  it('makes the user admin without a password, and an admin token in a file that only the server can read', async () => {
    expect(await start()).toEqual({ tokenFile: file() });
    expect((await test.auth.users.list({ limit: 10 })).items).toMatchObject([
      { name: 'admin', role: 'admin', hasPassword: false, disabled: false },
    ]);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect(await readdir(dataDir)).toEqual(['admin.token']);
    expect(await bearer(await tokenInFile())).toMatchObject({ kind: 'token', name: 'token:admin', role: 'admin' });
    const { items } = await test.audit.list({ limit: 10 });
    expect(items.map(({ actor, action, subject }) => [actor, action, subject])).toEqual([
      ['system:server', 'token.created', (await liveTokens())[0]?.id],
      ['system:server', 'user.created', 'admin'],
    ]);
  });

  it('takes the token of the settings and writes no file', async () => {
    expect(await start(given)).toEqual({ tokenFile: null });
    expect(await readdir(dataDir)).toEqual([]);
    expect(await bearer(given)).toMatchObject({ name: 'token:admin', role: 'admin' });
  });

  it.each([
    ['is short', 'g'.repeat(31), 'at least 32'],
    ['is empty', '', 'at least 32'],
    ['holds a space', `${given} ${given}`, 'without a space'],
    ['holds what a header cannot', 'ü'.repeat(40), 'printable ASCII'],
    ['is endless', 'g'.repeat(513), 'at most 512'],
  ])('refuses a token that %s', async (_what, token, words) => {
    await expect(start(token)).rejects.toMatchObject({
      code: 'field_invalid',
      message: expect.stringMatching(new RegExp(`MUSTER_ADMIN_TOKEN.*${words}`)),
      details: { field: 'adminToken' },
    });
    expect((await test.auth.users.list({ limit: 10 })).items).toEqual([]);
  });

  it('refuses a token that is the API token of somebody else', async () => {
    const { token } = await test.auth.tokens.create({ name: 'ci', role: 'viewer' }, someAdmin);
    await expect(start(token)).rejects.toMatchObject({ code: 'field_invalid', details: { field: 'adminToken' } });
    expect(await bearer(token)).toMatchObject({ role: 'viewer' });
  });
});

describe('a later start', () => {
  it('changes nothing', async () => {
    await start();
    const before = [await tokenInFile(), await liveTokens(), (await test.audit.list({ limit: 10 })).items];
    expect(await start()).toEqual({ tokenFile: file() });
    expect([await tokenInFile(), await liveTokens(), (await test.audit.list({ limit: 10 })).items]).toEqual(before);
    await start(given);
    const entries = (await test.audit.list({ limit: 100 })).items;
    await start(given);
    expect((await test.audit.list({ limit: 100 })).items).toEqual(entries);
  });

  it('makes a lost file anew and revokes the token that was in it, with its sessions', async () => {
    await start();
    const lost = await tokenInFile();
    const { setCookie } = await test.auth.signInWithToken(lost, null);
    expect(await bearer(lost)).toBeDefined();
    await rm(file());
    await start();
    expect(await bearer(lost)).toBeUndefined();
    expect(await test.auth.authenticate({ cookie: cookieOf(setCookie) })).toBeUndefined();
    expect(await bearer(await tokenInFile())).toMatchObject({ role: 'admin' });
    expect(await liveTokens()).toHaveLength(1);
  });

  it.each(['', 'mst_cut', `mst_${'a'.repeat(43)}\n`])('replaces a file that holds %j', async (text) => {
    await start();
    await writeFile(file(), text);
    await start();
    expect(await bearer(await tokenInFile())).toMatchObject({ role: 'admin' });
    expect(await liveTokens()).toHaveLength(1);
  });

  it('follows the settings from file to token, to another token, back, and to the file again', async () => {
    await start();
    const first = await tokenInFile();
    await start(given);
    expect(await readdir(dataDir)).toEqual([]);
    await start(other);
    expect([await bearer(first), await bearer(given)]).toEqual([undefined, undefined]);
    await start(given);
    expect([await bearer(other), await bearer(given)]).toEqual([undefined, expect.objectContaining({ role: 'admin' })]);
    await start();
    expect(await bearer(given)).toBeUndefined();
    expect(await liveTokens()).toHaveLength(1);
  });

  it('leaves the tokens that people made alone, whatever their name', async () => {
    const { token } = await test.auth.tokens.create({ name: 'admin', role: 'viewer' }, someAdmin);
    await start();
    await rm(file());
    await start();
    expect(await bearer(token)).toMatchObject({ role: 'viewer' });
  });
});
