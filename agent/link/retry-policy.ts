import { closeCodes } from '../../shared/protocol.ts';

/** How a connection ended, as far as the next try depends on it. */
export type LinkEnd = {
  /** of the WebSocket; 1006 if it never opened or was cut */
  readonly code: number;
  /** the code of the server's `refused` message, if there was one */
  readonly refusal: string | undefined;
  /** it was up for long enough to call the trouble before it over */
  readonly wasStable: boolean;
  /** the server announced its end, and when it is to be tried again */
  readonly told?: ComeBack | undefined;
  /** in which time the server, in its welcome, asked the whole fleet to be back after a cut */
  readonly fleetMs?: number | undefined;
  /** it did not open: the server, or a proxy before it, had no place for it and said after how many ms there may be one */
  readonly noPlaceMs?: number | undefined;
};

export type ComeBack = { readonly afterMs: number; readonly withinMs: number };

/** What is remembered from one try to the next. */
export type Tries = {
  readonly failures: number;
  /** by the time of `now`: until then the fleet gathers, and each further try is at a random time of what is left of it */
  readonly gatheringUntil: number;
};
export const noTries: Tries = { failures: 0, gatheringUntil: Number.NEGATIVE_INFINITY };

export type Retry =
  | { readonly kind: 'again'; readonly delayMs: number; readonly tries: Tries; readonly why: string }
  /** no further try makes sense */
  | { readonly kind: 'never'; readonly why: string };

export const stableAfterMs = 10_000;
const firstMs = 500;
const longestMs = 30_000;
const comeBackMs = 2_000;

/**
 * When to try again. The wait is random between nothing and a bound that doubles with each failure (full jitter), so that ten thousand
 * agents do not come back at the same moment. A server that restarts tells its fleet in which time to gather: so long tries that find
 * nobody are spread over the rest of it, and do not double.
 *
 * @param now ms of a clock that nobody sets
 * @param random 0 ≤ random < 1
 */
export function retryAfter(end: LinkEnd, before: Tries, now: number, random: number): Retry {
  const { code, refusal, wasStable, told, noPlaceMs, fleetMs } = end;
  const never = whyNever(end);
  if (never !== undefined) return { kind: 'never', why: never };
  if (code === closeCodes.replaced) {
    const tries = { ...before, failures: (wasStable ? 0 : before.failures) + 1 };
    return { kind: 'again', delayMs: longestMs + random * longestMs, tries, why: whyReplaced(refusal) };
  }
  if (noPlaceMs !== undefined) {
    // it is there, and tells when: nothing failed. Many may be told the same
    const delayMs = Math.min(noPlaceMs, longestMs) + random * Math.max(1000, Math.min(noPlaceMs, longestMs) / 2);
    return { kind: 'again', delayMs, tries: before, why: 'The server has no place for this agent at this moment.' };
  }
  // the bound grows all the same, in case that the server does not come back
  if (told !== undefined) {
    const tries = { failures: 1, gatheringUntil: now + told.afterMs + told.withinMs };
    return { kind: 'again', delayMs: told.afterMs + random * told.withinMs, tries, why: 'The server restarts.' };
  }
  if (code === closeCodes.comeBack && wasStable)
    return { kind: 'again', delayMs: random * comeBackMs, tries: { ...noTries, failures: 1 }, why: 'The server restarts.' };
  const leftMs = before.gatheringUntil - now;
  if (code === noConnection && !wasStable && leftMs > 0)
    return { kind: 'again', delayMs: random * Math.max(leftMs, firstMs), tries: before, why: whyOf(code, refusal) };
  const { failures, gatheringUntil } = wasStable ? { failures: 0, gatheringUntil: now + (fleetMs ?? 0) } : before;
  const bound = Math.min(longestMs, firstMs * 2 ** Math.min(failures, 20));
  return { kind: 'again', delayMs: random * bound, tries: { failures: failures + 1, gatheringUntil }, why: whyOf(code, refusal) };
}

const noConnection = 1006;

function whyNever({ code, refusal }: LinkEnd): string | undefined {
  if (refusal === 'agent_revoked' || code === closeCodes.revoked)
    return 'This agent was revoked on the server. To use this host again, remove the agent there, empty the folder of the agent and join again with a join token.';
  if (refusal === 'agent_unknown')
    return 'The server does not know this agent (any more). Empty the folder of the agent and join again with a join token.';
  return undefined;
}

const whyReplaced = (refusal: string | undefined): string =>
  refusal === 'agent_duplicate'
    ? 'Another host is connected with the identity of this agent, because its folder was copied. On one of the two, empty the folder of the agent and join again with a join token.'
    : 'Another agent with the same identity connected: is its folder copied to a second host?';

function whyOf(code: number, refusal: string | undefined): string {
  if (refusal === 'protocol_unsupported' || code === closeCodes.protocol)
    return 'The server speaks another version of the protocol: update the agent or the server.';
  if (refusal !== undefined) return `The server refused the connection (${refusal}).`;
  if (code === closeCodes.notAuthenticated) return 'One side could not prove who it is.';
  if (code === closeCodes.malformed) return 'One side sent what the other could not read.';
  if (code === closeCodes.silent) return 'Nothing was heard for too long.';
  if (code === closeCodes.tooSlow) return 'This agent did not read fast enough.';
  if (code === closeCodes.comeBack) return 'The server restarts.';
  return 'The connection could not be made or was cut.';
}
