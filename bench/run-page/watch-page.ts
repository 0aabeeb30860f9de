import { join } from 'node:path';
import type { Browser } from 'playwright-core';

/** What a person waits for, in a browser that has never seen the dashboard. Times in ms, of the first three since the navigation began. */
export type PageWatched = {
  readonly firstByte: number;
  readonly firstPaint: number;
  /** the grid has all hosts, and answers to pointer and keys */
  readonly interactive: number;
  readonly longestTaskAtOpening: number;
  /** the others: while changes arrived */
  readonly longestTask: number;
  readonly longestFrame: number;
  readonly changesPerSecond: number;
  readonly heapMiB: number;
};

export type Watch = { readonly url: string; readonly cookie: string; readonly seconds: number };

const observer = join(import.meta.dirname, 'observe.js');

export async function watchPage(browser: Browser, { url, cookie, seconds }: Watch): Promise<PageWatched> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  try {
    await context.addCookies(
      cookie.split('; ').map((each) => {
        const [name = '', value = ''] = each.split(/=(.*)/s);
        return { name, value, url: new URL(url).origin };
      }),
    );
    const page = await context.newPage();
    await page.addInitScript({ path: observer });
    await page.goto(url, { waitUntil: 'commit' });
    await page.waitForSelector('[data-grid].is-ready', { timeout: 30_000 });
    const before = await page.evaluate<number>('bench.ended()');
    await page.waitForTimeout(seconds * 1000);
    const changes = (await page.evaluate<number>('bench.ended()')) - before;
    const observed = await page.evaluate<Omit<PageWatched, 'heapMiB' | 'changesPerSecond'>>('bench.observed()');
    const session = await context.newCDPSession(page);
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    return { ...observed, changesPerSecond: changes / seconds, heapMiB: usedSize / 1024 ** 2 };
  } finally {
    await context.close();
  }
}
