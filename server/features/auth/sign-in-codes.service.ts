import type { RandomBytes } from '../../../shared/ids.ts';
import type { Clock } from '../../platform/clock.ts';
import { hashOfSecret, newSecret } from './opaque-secrets.ts';

/**
 * Codes of the link in the greeting, by which whoever started the server signs in without a password. They live in memory only: a
 * restart makes them void and greets with a new one.
 */
export type SignInCodes = {
  create(): string;
  /** @returns whether the code was good; it is not any more */
  spend(code: string): boolean;
};

const lifeMs = 10 * 60_000;
/** The oldest makes room. */
const mostAtOnce = 100;

export function createSignInCodes({
  clock,
  randomBytes,
}: {
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
}): SignInCodes {
  /** end of life by hash, oldest first */
  const endOf = new Map<string, number>();

  return {
    create() {
      const now = clock.now();
      for (const [hash, end] of endOf) if (end <= now || endOf.size >= mostAtOnce) endOf.delete(hash);
      const code = newSecret(randomBytes);
      endOf.set(hashOfSecret(code), now + lifeMs);
      return code;
    },
    spend(code) {
      const hash = hashOfSecret(code);
      const end = endOf.get(hash);
      // taken out before anything can wait: two that come together cannot both have it
      endOf.delete(hash);
      return end !== undefined && end > clock.now();
    },
  };
}
