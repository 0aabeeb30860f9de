import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Run } from '../shared/api/runs.ts';
import { browserPath, openSignedIn, type TestBrowser } from './support/browser.ts';
import { eventually } from './support/eventually.ts';
import { type System, startSystem } from './support/system.ts';

/** Waits for a file. */
const gate = `
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
export async function main({ open }, context) {
  while (!existsSync(open)) await pause(20, undefined, { signal: context.signal });
}
`;

if (browserPath === undefined) console.warn('No Chromium on this machine: the test of a script that comes late is SKIPPED.');
const describeWithBrowser = browserPath === undefined ? describe.skip : describe;

describeWithBrowser('the page of a run', () => {
  let system: System;
  let browser: TestBrowser;

  beforeAll(async () => {
    system = await startSystem({ plugins: { 'gate.js': gate } });
    await Promise.all(['host-1', 'host-2'].map((name) => system.startAgent(name)));
    browser = await openSignedIn(system.server().signInUrl);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await system?.dispose();
  });

  it('misses nothing that the stream told before its script was there, of a grid that was asked for earlier still', async () => {
    const { page } = browser;
    const { run } = await system.api.createTask({ owner: 'ALL', plugin: 'gate', args: { open: `${system.folder}/open` } });
    const id = run?.id ?? '';
    await eventually('both hosts run', async () => (await system.api.get<Run>(`/api/v1/runs/${id}`)).counts.running === 2);

    // A request that is held has no cache: what the page asked for ahead is remembered here instead.
    let early: string | undefined;
    await page.route('**/grid', async (route) => {
      early ??= await (await route.fetch()).text();
      await route.fulfill({ contentType: 'application/json', body: early });
    });
    let isHeld = true;
    await page.route(/\/run-page[^/]*\.js/, async (route) => {
      while (isHeld) await pause(20);
      await route.continue();
    });
    await page.goto(`${system.server().url}/runs/${id}`, { waitUntil: 'commit' });
    await eventually('the grid was asked for', () => early !== undefined);
    await system.writePlugin('../open', '');
    await system.api.finalRun(id);
    isHeld = false;
    await page.locator('.grid-card.is-ready').waitFor();
    await page.locator('[data-count="succeeded"]', { hasText: '2' }).waitFor();
    await page.locator('.head-title').getByText('Succeeded').waitFor();
    expect(await page.locator('[data-ended]').textContent()).toBe('2');
  }, 40_000);
});
