import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import type { RandomBytes } from '../../../shared/ids.ts';

export type Sealed = { readonly key_id: string; readonly nonce: string; readonly sealed: string };

/** The master keys: the first one seals, each opens what it has sealed. */
export type Keyring = {
  /** of the key that seals */
  readonly keyId: string;
  holds(keyId: string): boolean;
  /** The name is bound to the value: a row cannot be given the value of another. */
  seal(name: string, value: string): Sealed;
  /** @throws when the key is not held, or what is stored is not what was sealed under this name */
  open(name: string, stored: Sealed): string;
};

const nonceBytes = 12;
const tagBytes = 16;

/** @param keys 32 bytes each, at least one */
export function createKeyring(keys: readonly [Uint8Array, ...Uint8Array[]], randomBytes: RandomBytes): Keyring {
  const byId = new Map(keys.map((key) => [idOf(key), key]));
  const [first] = keys;
  const keyId = idOf(first);
  return {
    keyId,
    holds: (id) => byId.has(id),
    seal(name, value) {
      const nonce = Buffer.from(randomBytes(nonceBytes));
      const cipher = createCipheriv('aes-256-gcm', first, nonce).setAAD(Buffer.from(name));
      const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return { key_id: keyId, nonce: nonce.toString('base64'), sealed: sealed.toString('base64') };
    },
    open(name, { key_id, nonce, sealed }) {
      const key = byId.get(key_id);
      if (key === undefined) throw new Error(`The master key ${key_id} is not held.`);
      const bytes = Buffer.from(sealed, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64'), { authTagLength: tagBytes })
        .setAAD(Buffer.from(name))
        .setAuthTag(bytes.subarray(-tagBytes));
      return Buffer.concat([decipher.update(bytes.subarray(0, -tagBytes)), decipher.final()]).toString();
    },
  };
}

/** Tells keys apart and nothing of the key. */
const idOf = (key: Uint8Array): string =>
  createHash('sha256').update('muster master key\n').update(key).digest('hex').slice(0, 16);
