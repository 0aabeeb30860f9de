import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

export type DownloadArgs = {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxBytes?: number;
  readonly timeoutSeconds?: number;
};
export type Download = { readonly bytes: number; readonly sha256: string };

const maxRedirects = 5;
const defaultMaxBytes = 1024 ** 3;
const progressEvery = 4 * 1024 * 1024;

/** @throws Error with a sentence; what stands in the address after `?`, and the headers, are never told */
export async function downloadTo(
  file: FileHandle,
  { url, headers = {}, maxBytes = defaultMaxBytes, timeoutSeconds = 600 }: DownloadArgs,
  stop: AbortSignal,
  progress: (fraction: number, text: string) => void,
): Promise<Download> {
  const time = AbortSignal.timeout(timeoutSeconds * 1000);
  const signal = AbortSignal.any([stop, time]);
  try {
    const response = await open(new URL(url), headers, signal);
    const announced = Number(response.headers.get('content-length') ?? Number.NaN);
    if (announced > maxBytes) throw tooLarge(url, maxBytes);
    const hash = createHash('sha256');
    let bytes = 0;
    let told = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(url, maxBytes);
      hash.update(chunk);
      await file.appendFile(chunk);
      if (bytes - told >= progressEvery && announced > 0) {
        told = bytes;
        progress(bytes / announced, `${bytes} of ${announced} bytes`);
      }
    }
    return { bytes, sha256: hash.digest('hex') };
  } catch (error) {
    if (time.aborted) throw new Error(`${shown(url)} was not fetched within ${timeoutSeconds} s (\`timeoutSeconds\`).`);
    const cause = (error as { cause?: NodeJS.ErrnoException }).cause;
    if (error instanceof TypeError && cause !== undefined)
      throw new Error(`${shown(url)} could not be fetched: ${cause.message || cause.code}.`);
    throw error;
  }
}

/** Headers may hold a token: they go nowhere but to where they were meant for. */
async function open(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response> {
  let at = url;
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    if (!/^https?:$/.test(at.protocol)) throw new Error(`\`url\` leads to ${at.protocol}, which is neither http nor https.`);
    const response = await fetch(at, { headers: at.origin === url.origin ? { ...headers } : {}, redirect: 'manual', signal });
    const to = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || to === null) {
      if (response.ok) return response;
      await response.body?.cancel();
      throw new Error(`${shown(at.href)} answered with status ${response.status}.`);
    }
    await response.body?.cancel();
    const next = new URL(to, at);
    if (at.protocol === 'https:' && next.protocol === 'http:')
      throw new Error(`${shown(at.href)} leads from https to plain http.`);
    at = next;
  }
  throw new Error(`${shown(url.href)} leads on and on: more than ${maxRedirects} redirects.`);
}

/** Without what may be secret in it. */
export function shown(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

const tooLarge = (url: string, maxBytes: number): Error =>
  new Error(`${shown(url)} is larger than ${maxBytes} bytes (\`maxBytes\`).`);
