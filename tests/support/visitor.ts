import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';

/** A person with a browser that knows no scripts: keeps cookies, follows redirects. (`fetch` says of itself that it is a script.) */
export type Visitor = {
  /** @param to a path, or a whole address of the server */
  open(to: string): Promise<{ readonly status: number; readonly path: string; readonly html: string }>;
};

export function createVisitor(serverUrl: string): Visitor {
  const cookies = new Map<string, string>();

  async function get(url: URL): Promise<{ response: IncomingMessage; html: string }> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const sent = request(url, { agent: false, headers: { accept: 'text/html', ...(cookie === '' ? {} : { cookie }) } });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    let html = '';
    for await (const chunk of response.setEncoding('utf8')) html += chunk;
    for (const set of response.headers['set-cookie'] ?? []) {
      const [name = '', value = ''] = set.split(';', 1)[0]?.split('=') ?? [];
      cookies.set(name, value);
    }
    return { response, html };
  }

  return {
    async open(to) {
      let url = new URL(to, serverUrl);
      for (let hop = 0; hop < 5; hop += 1) {
        const { response, html } = await get(url);
        if (response.headers.location === undefined) return { status: response.statusCode ?? 0, path: url.pathname, html };
        url = new URL(response.headers.location, url);
      }
      throw new Error(`${to} redirects without end`);
    },
  };
}
