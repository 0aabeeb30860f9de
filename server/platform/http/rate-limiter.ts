import { MusterError } from '../../../shared/errors.ts';
import type { Clock } from '../clock.ts';

/** A token bucket per address, for what must work before anybody is known: signing in, enrolling. */
export type RateLimiter = {
  /** Takes one try. @throws MusterError rate_limited, which tells when the next one is possible */
  take(address: string | null): void;
  /** Takes none: where only tries that fail count, this comes before and `take` after. @throws MusterError rate_limited */
  check(address: string | null): void;
};

export type RateLimiterResources = {
  readonly clock: Clock;
  /** tries at once */
  readonly burst: number;
  /** and then one per so many seconds */
  readonly secondsPerTry: number;
  /** addresses remembered; past it the one seen longest ago is forgotten, which costs an attacker more than it gives */
  readonly maxAddresses?: number;
};

export function createRateLimiter({ clock, burst, secondsPerTry, maxAddresses = 10_000 }: RateLimiterResources): RateLimiter {
  // per address, the monotonic time at which its bucket is full again; a Map keeps the order of insertion, so the first is the oldest
  const fullAt = new Map<string, number>();
  const costMs = secondsPerTry * 1000;

  /** @returns when the bucket is full again */
  function fullAfter(address: string | null): number {
    return Math.max(fullAt.get(networkOf(address ?? '')) ?? 0, clock.monotonic());
  }

  function check(address: string | null): void {
    const waitMs = fullAfter(address) + costMs - (clock.monotonic() + burst * costMs);
    if (waitMs <= 0) return;
    throw new MusterError('rate_limited', `Too many tries from ${address}. Try again in ${Math.ceil(waitMs / 1000)} s.`, {
      retryAfterSeconds: waitMs / 1000,
    });
  }

  return {
    check,
    take(address) {
      check(address);
      const full = fullAfter(address);
      const key = networkOf(address ?? '');
      fullAt.delete(key);
      fullAt.set(key, full + costMs);
      if (fullAt.size > maxAddresses) fullAt.delete(fullAt.keys().next().value as string);
    },
  };
}

/** One IPv6 customer holds 2^64 addresses: they share a bucket. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}
