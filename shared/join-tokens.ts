/**
 * A join token as it is shown once: `mjt_<secret>.<fingerprint>`. The fingerprint (first 32 hex digits of the SHA-256 of the server's
 * public key, SPKI DER) lets the agent refuse a server that is not the one that made the token.
 */
export const joinTokenPattern = /^mjt_([A-Za-z0-9_-]{43})\.([0-9a-f]{32})$/;

export function parseJoinToken(text: string): { readonly secret: string; readonly fingerprint: string } | undefined {
  const match = joinTokenPattern.exec(text.trim());
  return match?.[1] === undefined || match[2] === undefined ? undefined : { secret: match[1], fingerprint: match[2] };
}
