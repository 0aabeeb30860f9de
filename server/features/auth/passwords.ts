import { scrypt, timingSafeEqual } from 'node:crypto';
import { MusterError } from '../../../shared/errors.ts';
import type { RandomBytes } from '../../../shared/ids.ts';
import {
  currentParameters,
  formatPasswordHash,
  parsePasswordHash,
  type ScryptParameters,
  sameParameters,
} from './password-hash.ts';
import { createTurns } from './turns.ts';

export type Passwords = {
  hash(password: string): Promise<string>;
  /**
   * Costs the same whether there is a hash or not, so that its time does not tell which users exist.
   * @param stored null for a user that is unknown or has no password: never right
   */
  verify(password: string, stored: string | null): Promise<PasswordVerdict>;
};

/** `right, outdated`: store a new hash, made with the current parameters. */
export type PasswordVerdict = 'wrong' | 'right' | 'right, outdated';

export type Derive = (password: string, salt: Uint8Array, length: number, parameters: ScryptParameters) => Promise<Uint8Array>;

export type PasswordResources = {
  readonly randomBytes: RandomBytes;
  readonly parameters?: ScryptParameters | undefined;
  readonly derive?: Derive | undefined;
};

/** Each takes a thread of the pool and 32 MiB: files and DNS must get a thread too, and a flood of sign-ins must not eat the memory. */
const scryptsAtOnce = 2;
const scryptsWaiting = 200;
const saltBytes = 16;
const hashBytes = 32;

export function createPasswords({
  randomBytes,
  parameters = currentParameters,
  derive = scryptDerive,
}: PasswordResources): Passwords {
  const inTurn = createTurns(scryptsAtOnce, scryptsWaiting);
  // random bytes in place of a hash: no password fits
  const dummy = formatPasswordHash({ parameters, salt: randomBytes(saltBytes), hash: randomBytes(hashBytes) });

  return {
    async hash(password) {
      const salt = randomBytes(saltBytes);
      const hash = await inTurn(() => derive(password, salt, hashBytes, parameters));
      return formatPasswordHash({ parameters, salt, hash });
    },
    async verify(password, stored) {
      const known = parsePasswordHash(stored ?? dummy);
      if (known === undefined)
        throw new MusterError('internal', 'A stored password hash is damaged; set a new password for this user.');
      const derived = await inTurn(() => derive(password, known.salt, known.hash.length, known.parameters));
      if (!timingSafeEqual(derived, known.hash) || stored === null) return 'wrong';
      return sameParameters(known.parameters, parameters) ? 'right' : 'right, outdated';
    },
  };
}

const scryptDerive: Derive = (password, salt, length, { cost, blockSize, parallelization }) =>
  new Promise((resolve, reject) => {
    // twice what scrypt needs: Node's own bound lies exactly at 32 MiB
    const maxmem = 256 * blockSize * (cost + parallelization + 2);
    const options = { N: cost, r: blockSize, p: parallelization, maxmem };
    // one and the same character may be typed as different code points
    scrypt(password.normalize('NFKC'), salt, length, options, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
