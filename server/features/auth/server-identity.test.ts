import { createHash, createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadServerIdentity } from './server-identity.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'muster-identity-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const load = () => loadServerIdentity({ dataDir, randomBytes });

describe('the identity of the server', () => {
  it('is made at the first start, readable by the server alone, and stays', async () => {
    const first = await load();
    expect((await stat(join(dataDir, 'server.key'))).mode & 0o777).toBe(0o600);
    expect(await readdir(dataDir)).toEqual(['server.key']);
    expect(await readFile(join(dataDir, 'server.key'), 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    const second = await load();
    expect(second.publicKey).toBe(first.publicKey);
    expect(second.fingerprint).toBe(first.fingerprint);
  });

  it('makes the data folder if it is not there', async () => {
    const identity = await loadServerIdentity({ dataDir: join(dataDir, 'a', 'b'), randomBytes });
    expect(identity.fingerprint).toMatch(/^[0-9a-f]{32}$/);
  });

  it('signs so that the public key proves it', async () => {
    const { publicKey, fingerprint, sign } = await load();
    const der = Buffer.from(publicKey, 'base64');
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    expect(verify(null, Buffer.from('größe'), key, Buffer.from(sign('größe'), 'base64'))).toBe(true);
    expect(verify(null, Buffer.from('größer'), key, Buffer.from(sign('größe'), 'base64'))).toBe(false);
    expect(fingerprint).toBe(createHash('sha256').update(der).digest('hex').slice(0, 32));
  });

  it.each([
    ['empty', ''],
    ['cut', '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw'],
    ['another kind of key', generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
  ])('refuses to start with a key file that is %s, and leaves the file alone', async (_what, text) => {
    const path = join(dataDir, 'server.key');
    await writeFile(path, text);
    await expect(load()).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining(`${path} is damaged`) });
    expect(await readFile(path, 'utf8')).toBe(text);
  });
});
