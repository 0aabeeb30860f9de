import { type Answer, exchange, type Message, type Route, shown } from './exchange.ts';

export type Followed = { readonly answer: Answer; readonly url: URL };

/**
 * Follows redirects. To another origin go neither credentials (headers that the task gave, client certificate) nor a body; and never from
 * https to http.
 */
export async function follow(message: Message, route: Route, maxRedirects: number, signal: AbortSignal): Promise<Followed> {
  let current = message;
  let way = route;
  for (let redirects = 0; ; redirects += 1) {
    const answer = await exchange(current, way, signal);
    const { location } = answer.headers;
    if (!redirectStatuses.has(answer.status) || location === undefined || maxRedirects === 0) return { answer, url: current.url };
    answer.stream.destroy();
    if (redirects === maxRedirects)
      throw new Error(`${shown(message.url)} leads on and on: more than ${maxRedirects} redirects (\`maxRedirects\`).`);
    const next = redirected(current, answer.status, location);
    if (next.url.origin !== current.url.origin) {
      const { cert: _cert, key: _key, ...tls } = way.tls;
      way = { ...way, tls };
    }
    current = next;
  }
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** What no secret stands in. */
const plainHeaders: ReadonlySet<string> = new Set(['accept', 'accept-encoding', 'accept-language', 'content-type', 'user-agent']);

/** The next request, as browsers do it: 303 asks with GET, and so do 301 and 302 after a POST. */
export function redirected(message: Message, status: number, location: string): Message {
  const url = urlOf(location, message.url);
  const isOther = url.origin !== message.url.origin;
  const becomesGet = (status === 303 && message.method !== 'HEAD') || (status <= 302 && message.method === 'POST');
  const body = becomesGet ? undefined : message.body;
  if (isOther && body !== undefined)
    throw new Error(
      `${shown(message.url)} leads to ${shown(url)}, and the body would go to another origin: give that address as \`url\`.`,
    );
  const headers = Object.entries(message.headers).filter(([name]) => {
    const low = name.toLowerCase();
    if (body === undefined && low.startsWith('content-')) return false;
    return !isOther || plainHeaders.has(low);
  });
  return { method: becomesGet ? 'GET' : message.method, url, headers: Object.fromEntries(headers), body };
}

function urlOf(location: string, from: URL): URL {
  if (!URL.canParse(location, from.href)) throw new Error(`${shown(from)} leads to something that is no address.`);
  const url = new URL(location, from);
  if (!/^https?:$/.test(url.protocol))
    throw new Error(`${shown(from)} leads to ${url.protocol}, which is neither http nor https.`);
  if (from.protocol === 'https:' && url.protocol === 'http:') throw new Error(`${shown(from)} leads from https to plain http.`);
  url.username = '';
  url.password = '';
  return url;
}
