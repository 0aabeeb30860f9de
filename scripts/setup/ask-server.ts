import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';

const silenceMs = 60_000;

/** Settles when the answer begins; a server that falls silent, then or later, has ended it. */
export function askServer(url: URL, headers: OutgoingHttpHeaders, signal: AbortSignal): Promise<IncomingMessage> {
  const ask = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = ask(url, { agent: false, headers, signal });
    request.setTimeout(silenceMs, () => request.destroy(new Error(`no answer in ${silenceMs / 1000} s`)));
    request.once('error', reject);
    request.once('response', resolve);
    request.end();
  });
}
