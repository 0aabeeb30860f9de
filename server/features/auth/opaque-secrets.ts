import { createHash } from 'node:crypto';
import type { RandomBytes } from '../../../shared/ids.ts';

/**
 * Secrets that a machine keeps: session cookies, API tokens, join tokens, sign-in codes. 256 random bits need no slow hash: nobody can
 * try them out, and looking a row up by the hash tells nothing by its time.
 */
export const newSecret = (randomBytes: RandomBytes): string => Buffer.from(randomBytes(32)).toString('base64url');

export const isSecret = (text: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(text);

/** SHA-256, hex: what a row may hold of a secret. */
export const hashOfSecret = (secret: string): string => createHash('sha256').update(secret, 'utf8').digest('hex');
