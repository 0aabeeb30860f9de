import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import type { Answer } from './endpoint.ts';
import { securityHeaders } from './security-headers.ts';

/** A reader that takes nothing for this long is gone, whatever its socket says. */
const stalledMs = 60_000;

/** Longer text is encoded once, and not first to know its length and then in the socket, which takes several times as long. */
const longText = 16 * 1024;

export async function writeAnswer(
  response: ServerResponse,
  answer: Answer,
  extra: Readonly<Record<string, string>>,
  clock: Clock,
): Promise<void> {
  const headers: Record<string, string | readonly string[] | number> = { ...securityHeaders, ...extra, ...answer.headers };
  if (answer.body !== null && typeof answer.body === 'object' && !(answer.body instanceof Uint8Array)) {
    response.writeHead(answer.status, headers as Record<string, string>).flushHeaders();
    await stream(response, answer.body, clock);
    return;
  }
  const body = typeof answer.body === 'string' && answer.body.length >= longText ? Buffer.from(answer.body) : answer.body;
  if (body !== null || (answer.status !== 204 && answer.status !== 304))
    headers['content-length'] = body === null ? 0 : Buffer.byteLength(body);
  // text goes out in one piece with the headers; a HEAD is answered like its GET, Node leaves the body out
  response.writeHead(answer.status, headers as Record<string, string>).end(body ?? undefined);
}

/** Waits for the reader before it asks for more, so that what a slow one has not taken stays with the source, which has a bound. */
async function stream(response: ServerResponse, body: AsyncIterable<string | Uint8Array>, clock: Clock): Promise<void> {
  if (response.req.method === 'HEAD') {
    response.end();
    return;
  }
  for await (const chunk of body) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await drained(response, clock);
  }
  response.end();
}

async function drained(response: ServerResponse, clock: Clock): Promise<void> {
  const cancel = clock.after(stalledMs, () => response.destroy());
  const settled = new AbortController();
  const closed = (): void => settled.abort();
  response.once('close', closed);
  try {
    await once(response, 'drain', { signal: settled.signal });
  } catch {
    // closed meanwhile: the loop sees it
  } finally {
    response.off('close', closed);
    cancel();
  }
}
