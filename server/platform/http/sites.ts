import type { IncomingMessage } from 'node:http';
import type { Endpoint } from './endpoint.ts';

/** A path and all that answers there. */
export type Site = {
  readonly path: string;
  /** for the header of a 405 */
  readonly allow: string;
  /** JSON and HTML share a method here, so caches must tell them apart */
  readonly negotiated: boolean;
  /** undefined: the method is not allowed */
  choose(request: IncomingMessage): Endpoint | undefined;
};

/** In the order of first mention; throws when two endpoints claim the same. */
export function sitesOf(endpoints: readonly Endpoint[]): Site[] {
  const paths = new Map<string, Endpoint[]>();
  for (const endpoint of endpoints) {
    const key = endpoint.path.replace(/:\w+/g, ':');
    paths.set(key, [...(paths.get(key) ?? []), endpoint]);
  }
  return [...paths.values()].map(siteOf);
}

function siteOf(endpoints: readonly Endpoint[]): Site {
  const path = endpoints[0]?.path ?? '/';
  const byMethod = new Map<string, { json?: Endpoint; html?: Endpoint }>();
  for (const endpoint of endpoints) {
    if (endpoint.path !== path) throw new Error(`${path} and ${endpoint.path} are the same path with different names`);
    const both = byMethod.get(endpoint.method) ?? {};
    if (both[endpoint.produces] !== undefined) throw new Error(`${endpoint.method} ${path} is declared twice`);
    byMethod.set(endpoint.method, { ...both, [endpoint.produces]: endpoint });
  }
  const get = byMethod.get('GET');
  if (get !== undefined) byMethod.set('HEAD', get);
  return {
    path,
    allow: [...byMethod.keys()].join(', '),
    negotiated: [...byMethod.values()].some(({ json, html }) => json !== undefined && html !== undefined),
    choose(request) {
      const both = byMethod.get(request.method ?? '');
      if (both?.json === undefined || both.html === undefined) return both?.json ?? both?.html;
      return wantsHtml(request) ? both.html : both.json;
    },
  };
}

/** A form was sent, or the client likes HTML better than JSON, which browsers say and programs do not. */
function wantsHtml({ method, headers }: IncomingMessage): boolean {
  if (method !== 'GET' && method !== 'HEAD')
    return headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
  const accept = headers.accept ?? '*/*';
  return quality(accept, 'text/html') > quality(accept, 'application/json');
}

/** How much the client likes a media type, by the most specific range that covers it. */
function quality(accept: string, type: string): number {
  const ranges = accept.split(',').map((part) => {
    const [range, ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith('q='));
    return { range, q: q === undefined ? 1 : Number(q.slice(2)) || 0 };
  });
  const wanted = [type, `${type.split('/', 1)[0]}/*`, '*/*'];
  return wanted.map((name) => ranges.find(({ range }) => range === name)?.q).find((q) => q !== undefined) ?? 0;
}
