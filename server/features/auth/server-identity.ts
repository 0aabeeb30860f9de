import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { join } from 'node:path';
import { MusterError } from '../../../shared/errors.ts';
import type { RandomBytes } from '../../../shared/ids.ts';
import { readPrivateFile, writePrivateFile } from './private-file.ts';

/** The key by which agents know this server: pinned when they join, proven at each connection. It also signs the plugin catalogue. */
export type ServerIdentity = {
  /** SPKI DER, base64 */
  readonly publicKey: string;
  /** first 32 hex digits of the SHA-256 of the public key's DER; part of every join token */
  readonly fingerprint: string;
  /** @returns the Ed25519 signature of the UTF-8 bytes of the text, base64 */
  sign(text: string): string;
};

export type ServerIdentityResources = { readonly dataDir: string; readonly randomBytes: RandomBytes };

/** Reads `<dataDir>/server.key` (PKCS#8 PEM, mode 0600); the first start makes it. A damaged one is never replaced: every agent pins it. */
export async function loadServerIdentity({ dataDir, randomBytes }: ServerIdentityResources): Promise<ServerIdentity> {
  const path = join(dataDir, 'server.key');
  const pem = await readPrivateFile(path);
  if (pem !== undefined) return identityOf(parseKey(pem, path));
  const { privateKey } = generateKeyPairSync('ed25519');
  await writePrivateFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), randomBytes);
  return identityOf(privateKey);
}

function parseKey(pem: string, path: string): KeyObject {
  const damaged = (cause?: unknown) =>
    new MusterError(
      'internal',
      `The server's key ${path} is damaged (it must be an Ed25519 private key in PKCS#8 PEM). Restore it from a backup: agents know the server by it. ` +
        'Only if no agent has joined yet, delete it and a new one is made.',
      { cause },
    );
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (error) {
    throw damaged(error);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw damaged();
  return key;
}

function identityOf(privateKey: KeyObject): ServerIdentity {
  const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return {
    publicKey: der.toString('base64'),
    fingerprint: createHash('sha256').update(der).digest('hex').slice(0, 32),
    sign: (text) => sign(null, Buffer.from(text, 'utf8'), privateKey).toString('base64'),
  };
}
