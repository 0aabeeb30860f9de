import { once } from 'node:events';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { gzipSync } from 'node:zlib';
import { percentile } from '../timing.ts';
import { scriptBytes } from './page-scripts.ts';

export type PageMeasured = {
  readonly name: string;
  readonly path: string;
  readonly status: number;
  /** ms to the first byte */
  readonly first: number;
  readonly median: number;
  readonly p95: number;
  readonly htmlBytes: number;
  readonly htmlGzipped: number;
  /** of all modules that the page can load, each gzipped */
  readonly scriptGzipped: number;
};

export type PageAsked = {
  readonly origin: string;
  readonly cookie: string;
  readonly name: string;
  readonly path: string;
  readonly times: number;
};

/** Asks one page again and again over one connection, as a browser would. */
export async function measurePage({ origin, cookie, name, path, times }: PageAsked): Promise<PageMeasured> {
  const keep = { keepAlive: true, maxSockets: 1 };
  const agent = origin.startsWith('https:') ? new HttpsAgent(keep) : new HttpAgent(keep);
  try {
    const first = await ask(origin + path, cookie, agent);
    const waits: number[] = [];
    for (let turn = 0; turn < times; turn += 1) waits.push((await ask(origin + path, cookie, agent)).firstByteMs);
    return {
      name,
      path,
      status: first.status,
      first: first.firstByteMs,
      median: percentile(waits, 0.5),
      p95: percentile(waits, 0.95),
      htmlBytes: first.body.length,
      htmlGzipped: gzipSync(first.body).length,
      scriptGzipped: await scriptBytes(first.body.toString('utf8'), async (url) => (await ask(origin + url, cookie, agent)).body),
    };
  } finally {
    agent.destroy();
  }
}

async function ask(
  url: string,
  cookie: string,
  agent: HttpAgent | HttpsAgent,
): Promise<{ status: number; firstByteMs: number; body: Buffer }> {
  const startedAt = performance.now();
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  const sent = request(url, { agent, headers: { accept: 'text/html', cookie } });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  let firstByteMs = Number.NaN;
  for await (const chunk of response) {
    if (chunks.length === 0) firstByteMs = performance.now() - startedAt;
    chunks.push(chunk as Buffer);
  }
  return { status: response.statusCode ?? 0, firstByteMs, body: Buffer.concat(chunks) };
}
