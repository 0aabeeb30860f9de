import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** Opens the link of the start, as a browser does, and answers the cookie of the session. */
export async function signedInCookie(signInUrl: string): Promise<string> {
  const request = signInUrl.startsWith('https:') ? httpsRequest : httpRequest;
  const sent = request(signInUrl, { agent: false, headers: { accept: 'text/html' } });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  const cookie = response.headers['set-cookie']?.map((set) => set.split(';', 1)[0]).join('; ');
  if (cookie === undefined) throw new Error(`the link of the start did not sign in (${response.statusCode})`);
  return cookie;
}
