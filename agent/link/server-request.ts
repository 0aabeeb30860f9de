import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
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

/**
 * One HTTP request to the server. (Node's `http`, which the socket has loaded anyway; `fetch` would cost every host 10 MB more, and so, in an
 * executable, would `import()` of `http`: it looks at all that this exports, of which some is made of `fetch`.)
 */
export const serverRequest = async (serverUrl: string, path: string, options: RequestOptions): Promise<Reply> =>
  collect(await serverAnswer(serverUrl, path, options), options.maxBytes);

/** The same, for an answer that is too long to be held in memory: it settles when the answer begins. */
export async function serverAnswer(
  serverUrl: string,
  path: string,
  options: Omit<RequestOptions, 'maxBytes'> & { readonly signal?: AbortSignal },
): Promise<IncomingMessage> {
  const url = new URL(path.replace(/^\//, ''), serverUrl.endsWith('/') ? serverUrl : `${serverUrl}/`);
  const request = url.protocol === 'https:' ? secureRequest : plainRequest;
  const agent = options.proxy === undefined ? false : tunnelThrough(options.proxy, url.protocol === 'https:');
  return new Promise((resolve, reject) => {
    const { method, headers, timeoutMs, signal } = options;
    const outgoing = request(url, { method, headers, agent, timeout: timeoutMs, ...(signal === undefined ? {} : { signal }) });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer for ${timeoutMs / 1000} s`)));
    outgoing.on('error', reject);
    outgoing.on('response', resolve);
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
