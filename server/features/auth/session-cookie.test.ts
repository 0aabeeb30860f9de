import { describe, expect, it } from '@jest/globals';
import { noSessionCookie, sessionCookie, sessionSecretOf } from './session-cookie.ts';

const secret = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO-_';

describe('the session cookie', () => {
  it('is kept from scripts and from requests that other sites start', () => {
    expect(sessionCookie(secret, false)).toBe(`muster_session=${secret}; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict`);
  });

  it('goes over TLS only where people come by TLS', () => {
    expect(sessionCookie(secret, true)).toMatch(/; Secure$/);
    expect(noSessionCookie(true)).toBe('muster_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure');
  });

  it('is found among others', () => {
    expect(sessionSecretOf(`theme=dark; muster_session=${secret};x=y`)).toBe(secret);
  });

  it.each([
    undefined,
    '',
    'theme=dark',
    'muster_session',
    'muster_session=',
    'muster_session=short',
    `xmuster_session=${secret}`,
    `muster_session=${secret}x`,
  ])('is not seen in %j', (header) => expect(sessionSecretOf(header)).toBeUndefined());
});
