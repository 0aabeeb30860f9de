import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { signedInCookie } from '../pages/signed-in.ts';
import type { Samples } from '../timing.ts';
import type { FleetBed } from './bed/fleet-bed.ts';

/** Pages of the dashboard as browsers keep them open: each listens to its stream and reads itself anew, at most once a second, when told. */
export type LivePages = {
  /** since the last call: ms of each page that was read anew, and how many hints came */
  taken(): { readonly times: Samples; readonly hints: number };
  close(): void;
};

const quickMs = 1000;

/** @param paths of the pages, one for each that is open */
export async function openLivePages(bed: FleetBed, paths: readonly string[]): Promise<LivePages> {
  const { url, signInUrl } = bed.server();
  const cookie = await signedInCookie(signInUrl);
  const isTls = url.startsWith('https:');
  const keep = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY };
  const agent = isTls ? new HttpsAgent(keep) : new HttpAgent(keep);
  const request = isTls ? httpsRequest : httpRequest;
  const closers: (() => void)[] = [];
  let times: number[] = [];
  let hints = 0;
  let isClosed = false;

  async function get(path: string, headers: Record<string, string>): Promise<IncomingMessage> {
    const sent = request(url + path, { agent, headers: { cookie, ...headers } });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`GET ${path} answered ${response.statusCode}.`);
    return response;
  }

  async function read(path: string, headers: Record<string, string> = {}): Promise<string> {
    let text = '';
    for await (const part of (await get(path, { accept: 'text/html', ...headers })).setEncoding('utf8')) text += part;
    return text;
  }

  async function open(path: string): Promise<void> {
    const html = await read(path);
    const [, topics = '', since = '', role = ''] =
      /data-topics="([^"]*)" data-since="([^"]*)" data-role="([^"]*)"/.exec(html) ?? [];
    if (topics === '') throw new Error(`The page ${path} listens to nothing.`);
    const stream = await get(`/api/v1/events?${new URLSearchParams({ topics, since, role })}`, { accept: 'text/event-stream' });
    let isDue = false;
    let isBusy = false;
    let lastAt = performance.now();
    let timer: NodeJS.Timeout | undefined;

    function refreshSoon(): void {
      if (isDue || isClosed) return;
      isDue = true;
      timer = setTimeout(() => void refresh(), Math.max(0, lastAt + quickMs - performance.now()));
    }

    async function refresh(): Promise<void> {
      if (isBusy || isClosed) return;
      isDue = false;
      isBusy = true;
      const startedAt = performance.now();
      await read(path, { 'x-muster-fragment': '1' }).then(
        () => times.push(performance.now() - startedAt),
        () => undefined,
      );
      lastAt = performance.now();
      isBusy = false;
      if (isDue) {
        isDue = false;
        refreshSoon();
      }
    }

    stream.setEncoding('utf8').on('data', (text: string) => {
      const told = text.split('\n\n').filter((frame) => frame.includes('data:') && !frame.includes('event: here')).length;
      hints += told;
      if (told > 0) refreshSoon();
    });
    stream.on('error', () => undefined);
    closers.push(() => {
      clearTimeout(timer);
      stream.destroy();
    });
  }

  await Promise.all(paths.map(open));
  return {
    taken() {
      const answer = { times, hints };
      times = [];
      hints = 0;
      return answer;
    },
    close() {
      isClosed = true;
      for (const close of closers) close();
      agent.destroy();
    },
  };
}
