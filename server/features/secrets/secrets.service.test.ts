import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Json } from '../../../shared/json.ts';
import { openTestAuth, someAdmin, type TestAuth } from '../../../tests/support/auth.ts';
import type { TestDatabase } from '../../../tests/support/database.ts';
import { createKeyring } from './keyring.ts';
import { loadKeyring } from './master-key.ts';
import { createSecrets, type SecretsService } from './secrets.service.ts';

let test: TestAuth & TestDatabase;
beforeEach(async () => {
  test = await openTestAuth();
});
afterEach(() => test.dispose());

const oldKey = Buffer.alloc(32, 1);
const newKey = Buffer.alloc(32, 2);
const secretsUnder = (...keys: [Buffer, ...Buffer[]]): SecretsService =>
  createSecrets({ db: test.db, clock: test.clock, audit: test.audit, keyring: createKeyring(keys, randomBytes) });
const use = { execution: 'exe_1', attempt: 2, agent: 'web1', again: false };
const opened = (secrets: SecretsService, ...names: string[]) => test.db.write((writer) => secrets.openIn(writer, names, use));
const actions = async () => (await test.audit.list({ limit: 50 })).items.map(({ action, subject }) => `${action} ${subject}`);

describe('a secret', () => {
  it('is listed without its value, and opened for an attempt, which the audit tells', async () => {
    const secrets = secretsUnder(oldKey);
    expect(await secrets.write('db', 'hunter22', someAdmin)).toMatchObject({ isNew: true, secret: { name: 'db', usable: true } });
    expect(JSON.stringify(await secrets.list({ limit: 10 }))).not.toContain('hunter22');
    expect(await opened(secrets, 'db')).toEqual({ values: { db: 'hunter22' } });
    const [entry] = (await test.audit.list({ limit: 1 })).items;
    expect(entry).toMatchObject({
      action: 'secret.used',
      subject: 'db',
      detail: { execution: 'exe_1', attempt: 2, agent: 'web1' },
    });
    expect((await secrets.list({ limit: 10 })).items[0]?.lastUsedAt).not.toBeNull();
    const rows = JSON.stringify([
      await test.db.read.selectFrom('secrets').selectAll().execute(),
      await test.audit.list({ limit: 9 }),
    ]);
    expect(rows).not.toContain('hunter22');
    expect(rows).not.toContain(Buffer.from('hunter22').toString('base64'));
  });

  it('is sealed anew each time, and bound to its name', async () => {
    const secrets = secretsUnder(oldKey);
    await secrets.write('one', 'hunter22', someAdmin);
    await secrets.write('two', 'hunter22', someAdmin);
    const [one, two] = await test.db.read.selectFrom('secrets').selectAll().orderBy('name').execute();
    expect(one?.sealed).not.toBe(two?.sealed);
    const { sealed = '', nonce = '' } = one ?? {};
    await test.db.write((writer) => writer.updateTable('secrets').set({ sealed, nonce }).where('name', '=', 'two').execute());
    expect(await opened(secrets, 'two')).toEqual({ fault: 'The secret two is damaged in the database: write it anew.' });
  });

  it('is replaced and removed, and each leaves its entry', async () => {
    const secrets = secretsUnder(oldKey);
    await secrets.write('db', 'first-one', someAdmin);
    expect(await secrets.write('db', 'second-one', someAdmin)).toMatchObject({ isNew: false });
    expect(await opened(secrets, 'db')).toEqual({ values: { db: 'second-one' } });
    await secrets.remove('db', someAdmin);
    expect(await opened(secrets, 'db')).toEqual({ fault: expect.stringContaining('There is no secret db any more') });
    await expect(secrets.remove('db', someAdmin)).rejects.toMatchObject({ code: 'not_found' });
    expect(await actions()).toEqual(['secret.removed db', 'secret.used db', 'secret.replaced db', 'secret.created db']);
  });

  it('is not used at all when another one of the attempt cannot be had', async () => {
    const secrets = secretsUnder(oldKey);
    await secrets.write('db', 'hunter22', someAdmin);
    expect(await opened(secrets, 'db', 'gone')).toHaveProperty('fault');
    expect(await actions()).toEqual(['secret.created db']);
  });

  it('lists page by page, by name', async () => {
    const secrets = secretsUnder(oldKey);
    for (const name of ['c', 'a', 'b']) await secrets.write(name, 'hunter22', someAdmin);
    const first = await secrets.list({ limit: 2 });
    expect(first.items.map(({ name }) => name)).toEqual(['a', 'b']);
    expect((await secrets.list({ limit: 2, after: first.next ?? '' })).items.map(({ name }) => name)).toEqual(['c']);
    await expect(secrets.list({ limit: 2, after: '../' })).rejects.toMatchObject({ code: 'cursor_invalid' });
  });
});

describe('a task that names secrets', () => {
  const definition = { args: [{ $secret: 'db' }, { deep: { $secret: 'gone' } }] as Json, env: {} };

  it('is told the field of each one that is not there', async () => {
    const secrets = secretsUnder(oldKey);
    await secrets.write('db', 'hunter22', someAdmin);
    await expect(secrets.check(definition, someAdmin)).rejects.toMatchObject({
      code: 'secret_unknown',
      details: { field: 'args.1.deep' },
    });
    expect(await secrets.check({ args: [{ $secret: 'db' }], env: {} }, someAdmin)).toEqual(['db']);
  });

  it('needs somebody who may name them', async () => {
    const operator = { ...someAdmin, role: 'operator' as const };
    await expect(secretsUnder(oldKey).check(definition, operator)).rejects.toMatchObject({ code: 'forbidden' });
    expect(await secretsUnder(oldKey).check({ args: {}, env: {} }, operator)).toEqual([]);
  });

  it('is listed with them for as long as it names them', async () => {
    const secrets = secretsUnder(oldKey);
    await secrets.write('db', 'hunter22', someAdmin);
    await test.db.write((writer) => secrets.noteUsesIn(writer, { id: 'tsk_1', name: 'nightly' }, ['db']));
    expect((await secrets.list({ limit: 1 })).items).toMatchObject([
      { usedBy: [{ id: 'tsk_1', name: 'nightly' }], usedByCount: 1 },
    ]);
    await test.db.write((writer) => secrets.noteUsesIn(writer, { id: 'tsk_1', name: 'nightly' }, []));
    expect((await secrets.list({ limit: 1 })).items).toMatchObject([{ usedBy: [], usedByCount: 0 }]);
  });
});

describe('the master key', () => {
  it('can be changed: what the earlier one sealed is sealed anew', async () => {
    await secretsUnder(oldKey).write('db', 'hunter22', someAdmin);
    expect(await secretsUnder(newKey, oldKey).begin()).toEqual({ resealed: 1, unusable: [] });
    expect(await opened(secretsUnder(newKey), 'db')).toEqual({ values: { db: 'hunter22' } });
  });

  it('that is lost leaves secrets that say so, until they are written anew', async () => {
    await secretsUnder(oldKey).write('db', 'hunter22', someAdmin);
    const secrets = secretsUnder(newKey);
    expect(await secrets.begin()).toEqual({ resealed: 0, unusable: ['db'] });
    expect((await secrets.list({ limit: 1 })).items).toMatchObject([{ name: 'db', usable: false }]);
    expect(await opened(secrets, 'db')).toEqual({
      fault: expect.stringContaining('sealed with a master key that this server does not have: give it that key, or write'),
    });
    // the right key makes it whole again
    expect(await opened(secretsUnder(oldKey), 'db')).toEqual({ values: { db: 'hunter22' } });
    await secrets.write('db', 'hunter23', someAdmin);
    expect(await opened(secrets, 'db')).toEqual({ values: { db: 'hunter23' } });
  });

  it('is made once, for the user of the server alone; a damaged one is never replaced', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'muster-key-'));
    try {
      const made = await loadKeyring({ dataDir, randomBytes });
      const path = join(dataDir, 'master.key');
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect((await loadKeyring({ dataDir, randomBytes })).keyId).toBe(made.keyId);
      const given = await loadKeyring({ dataDir, masterKey: newKey.toString('hex'), randomBytes });
      expect(given.keyId).not.toBe(made.keyId);
      expect(given.holds(made.keyId)).toBe(true);
      await writeFile(path, 'broken');
      await expect(loadKeyring({ dataDir, randomBytes })).rejects.toThrow('restore it from a backup');
      expect(await readFile(path, 'utf8')).toBe('broken');
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });
});
