import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import type { RandomBytes } from '../../../shared/ids.ts';

/** AES-256-GCM under a key made of the secret: nonce, tag, ciphertext, base64. */
export type SealedAnswer = string;

export type PlainAnswer = { readonly headers: Readonly<Record<string, string>>; readonly text: string | null };

export function sealAnswer(answer: PlainAnswer, secret: string, randomBytes: RandomBytes): SealedAnswer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keyOf(secret), nonce);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(answer), 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
}

/** @throws when the secret is another or the text was changed */
export function openAnswer(sealed: SealedAnswer, secret: string): PlainAnswer {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', keyOf(secret), bytes.subarray(0, 12), { authTagLength: 16 }).setAuthTag(
    bytes.subarray(12, 28),
  );
  return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')) as PlainAnswer;
}

const keyOf = (secret: string): Buffer => createHash('sha256').update(`muster idempotent answer\n${secret}`).digest();
