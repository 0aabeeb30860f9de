import type { IncomingMessage } from 'node:http';
import { tunnelThrough } from './tunnel.ts';

export type Reply = { readonly status: number; readonly body: Buffer };

export type RequestOptions = {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** a longer answer is an error */
  readonly maxBytes: number;
  /** of silence */
  readonly timeoutMs: number;
  /** an HTTP proxy on the way */
  readonly proxy?: string | undefined;
};

/** One HTTP request to the server. (Node's `http`, which the socket has loaded anyway; `fetch` would cost every host 10 MB more.) */
export async function serverRequest(serverUrl: string, path: string, options: RequestOptions): Promise<Reply> {
  const url = new URL(path.replace(/^\//, ''), serverUrl.endsWith('/') ? serverUrl : `${serverUrl}/`);
  const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const agent = options.proxy === undefined ? false : tunnelThrough(options.proxy, url.protocol === 'https:');
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: options.method, headers: options.headers, agent, timeout: options.timeoutMs });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer for ${options.timeoutMs / 1000} s`)));
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      collect(incoming, options.maxBytes).then(resolve, reject);
    });
    outgoing.end(options.body);
  });
}

async function collect(incoming: IncomingMessage, maxBytes: number): Promise<Reply> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBytes) {
      incoming.destroy();
      throw new Error(`the answer is longer than ${maxBytes} bytes`);
    }
    parts.push(part);
  }
  return { status: incoming.statusCode ?? 0, body: Buffer.concat(parts) };
}
