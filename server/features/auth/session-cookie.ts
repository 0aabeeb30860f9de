import { isSecret } from './opaque-secrets.ts';
import { longestSessionMs } from './sessions.ts';

const cookieName = 'muster_session';

/**
 * The cookie that holds a session's secret: not for scripts, not for requests that another site starts, and over TLS only where there is TLS.
 * @param secure true if people reach the server by https
 */
export const sessionCookie = (secret: string, secure: boolean): string =>
  `${cookieName}=${secret}; Path=/; Max-Age=${longestSessionMs / 1000}; ${attributes(secure)}`;

export const noSessionCookie = (secure: boolean): string => `${cookieName}=; Path=/; Max-Age=0; ${attributes(secure)}`;

/** The secret in a `Cookie` header, or undefined. */
export function sessionSecretOf(cookieHeader: string | undefined): string | undefined {
  for (const pair of cookieHeader?.split(';') ?? []) {
    const [name, value = ''] = pair.trim().split('=', 2);
    if (name === cookieName) return isSecret(value) ? value : undefined;
  }
  return undefined;
}

const attributes = (secure: boolean): string => `HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
