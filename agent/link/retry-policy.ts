import { closeCodes } from '../../shared/protocol.ts';

/** How a connection ended, as far as the next try depends on it. */
export type LinkEnd = {
  /** of the WebSocket; 1006 if it never opened or was cut */
  readonly code: number;
  /** the code of the server's `refused` message, if there was one */
  readonly refusal: string | undefined;
  /** it was up for long enough to call the trouble before it over */
  readonly wasStable: boolean;
};

export type Retry =
  | { readonly kind: 'again'; readonly delayMs: number; readonly failures: number; readonly why: string }
  /** no further try makes sense */
  | { readonly kind: 'never'; readonly why: string };

export const stableAfterMs = 10_000;
const firstMs = 500;
const longestMs = 30_000;
const comeBackMs = 2_000;

/**
 * When to try again. The wait is random between nothing and a bound that doubles with each failure (full jitter), so that ten thousand
 * agents do not come back at the same moment.
 * @param random 0 ≤ random < 1
 */
export function retryAfter({ code, refusal, wasStable }: LinkEnd, failuresBefore: number, random: number): Retry {
  if (refusal === 'agent_revoked' || code === closeCodes.revoked) {
    return {
      kind: 'never',
      why: 'This agent was revoked on the server. To use this host again, remove the agent there, empty the folder of the agent and join again with a join token.',
    };
  }
  if (refusal === 'agent_unknown') {
    return {
      kind: 'never',
      why: 'The server does not know this agent (any more). Empty the folder of the agent and join again with a join token.',
    };
  }
  const failures = wasStable ? 0 : failuresBefore;
  if (code === closeCodes.replaced) {
    const why =
      refusal === 'agent_duplicate'
        ? 'Another host is connected with the identity of this agent, because its folder was copied. On one of the two, empty the folder of the agent and join again with a join token.'
        : 'Another agent with the same identity connected: is its folder copied to a second host?';
    return { kind: 'again', delayMs: longestMs + random * longestMs, failures: failures + 1, why };
  }
  // the bound grows all the same, in case that the server does not come back
  if (code === closeCodes.comeBack && wasStable)
    return { kind: 'again', delayMs: random * comeBackMs, failures: 1, why: 'The server restarts.' };
  const bound = Math.min(longestMs, firstMs * 2 ** Math.min(failures, 20));
  return { kind: 'again', delayMs: random * bound, failures: failures + 1, why: whyOf(code, refusal) };
}

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
