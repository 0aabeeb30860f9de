import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

/** Requests with JSON over connections that stay open. Cheaper than `fetch`: it shares the cores with what is measured. */
export type PosterOfMany = {
  /** @returns the text of the answer. @throws unless its status is good */
  post(path: string, body: string): Promise<string>;
  get(path: string): Promise<string>;
  close(): void;
};

export function createPosterOfMany(options: {
  readonly url: string;
  readonly token: string;
  readonly connections: number;
}): PosterOfMany {
  const { url, token, connections } = options;
  const isTls = url.startsWith('https:');
  const keep = { keepAlive: true, maxSockets: connections, maxFreeSockets: connections };
  const agent = isTls ? new HttpsAgent(keep) : new HttpAgent(keep);
  const request = isTls ? httpsRequest : httpRequest;
  const { hostname, port } = new URL(url);

  function ask(method: 'GET' | 'POST', path: string, body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${token}`,
        ...(body === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      };
      const sent = request({ hostname, port, path, method, agent, headers }, (response) => {
        textOf(response).then((text) => {
          if ((response.statusCode ?? 0) < 300) resolve(text);
          else reject(new Error(`${method} ${path} answered ${response.statusCode}: ${text}`));
        }, reject);
      });
      sent.on('error', reject).end(body);
    });
  }

  return { post: (path, body) => ask('POST', path, body), get: (path) => ask('GET', path, ''), close: () => agent.destroy() };
}

function textOf(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    response.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    response.on('end', () => resolve(text)).on('error', reject);
  });
}
