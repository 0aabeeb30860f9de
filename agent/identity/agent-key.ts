import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { MusterError } from '../../shared/errors.ts';
import { writeDurably } from '../durable-file.ts';

/** The Ed25519 key of this agent. It is made on the host and its private half never leaves it. */
export type AgentKey = {
  /** SPKI DER, base64 */
  readonly publicKey: string;
  /** @returns base64 */
  sign(text: string): string;
};

/** The key is on disk before it is used to enrol, so that an enrolment whose answer was lost can be tried again with the same key. */
export function loadOrMakeKey(path: string): AgentKey {
  return agentKey(loadKey(path) ?? makeKey(path));
}

function loadKey(path: string): KeyObject | undefined {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new MusterError('state_conflict', `${path} is not a private key. Restore it, or remove it and enrol this host again.`, {
      cause,
    });
  }
}

function makeKey(path: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519');
  writeDurably(path, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
  return privateKey;
}

const agentKey = (privateKey: KeyObject): AgentKey => ({
  publicKey: createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).toString('base64'),
  sign: (text) => sign(null, Buffer.from(text, 'utf8'), privateKey).toString('base64'),
});
