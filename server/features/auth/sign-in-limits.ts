import { MusterError } from '../../../shared/errors.ts';
import type { RateLimiter } from '../../platform/http/rate-limiter.ts';

/** Bounds on tries to prove who one is, so that guessing is slow. */
export type SignInLimits = {
  /** all that one address tries */
  readonly byAddress: RateLimiter;
  /** what one address tries with one name: the tighter one */
  readonly byAddressAndName: RateLimiter;
};

/**
 * Takes one try of each. The same answer whether or not such a user exists.
 * @param name null where the credential names nobody: a token or a link
 */
export function takeTry(limits: SignInLimits, address: string | null, name: string | null): void {
  try {
    limits.byAddress.take(address);
    // the address comes last, so that the limiter still sees the network of an IPv6 one
    if (name !== null) limits.byAddressAndName.take(`${name} ${address ?? ''}`);
  } catch (error) {
    if (!(error instanceof MusterError) || error.code !== 'rate_limited') throw error;
    const { retryAfterSeconds = 60 } = error.details;
    const message = `Too many tries to sign in; try again in ${Math.ceil(retryAfterSeconds)} s.`;
    throw new MusterError('rate_limited', message, { retryAfterSeconds, cause: error });
  }
}
