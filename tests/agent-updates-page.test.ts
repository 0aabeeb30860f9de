import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { browserPath, openSignedIn, type TestBrowser } from './support/browser.ts';
import { type Fleet, joinFleet } from './support/showcase/fleet.ts';
import { showcaseHosts } from './support/showcase/hosts.ts';
import { writeStandInRelease } from './support/stand-in-release.ts';
import { type System, startSystem } from './support/system.ts';

if (browserPath === undefined) console.warn('No Chromium on this machine: the tests of the pages of updates are SKIPPED.');
const describeWithBrowser = browserPath === undefined ? describe.skip : describe;

/** Of these `cache-002` goes back, whatever it is given. */
const hosts = showcaseHosts(25).filter(({ name }) => /^(cache|db|edge)-00[12]$/.test(name));

describeWithBrowser('the pages of updates', () => {
  let agentsDir: string;
  let system: System;
  let fleet: Fleet;
  let browser: TestBrowser;
  let page: Page;
  const open = (path: string) => page.goto(system.server().url + path);
  const button = (name: string) => page.getByRole('button', { name, exact: true });

  beforeAll(async () => {
    agentsDir = await mkdtemp(join(tmpdir(), 'muster-release-'));
    writeStandInRelease(agentsDir, { version: '0.2.0', platforms: ['linux-x64'] });
    system = await startSystem({ settings: { MUSTER_AGENTS_DIR: agentsDir } });
    fleet = await joinFleet(system.server().url, system.api, hosts);
    await fleet.connect(system.server().url);
    browser = await openSignedIn(system.server().signInUrl);
    page = browser.page;
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    fleet?.close();
    await system?.dispose();
    await rm(agentsDir, { recursive: true, force: true });
  });

  it('begin with the hosts that run something else than the server offers', async () => {
    await open('/agents');
    await page.getByText('6 hosts run another agent than 0.2.0').waitFor();
    await page.getByRole('link', { name: '6 hosts' }).click();
    await page.waitForURL(/status=outdated/);
    expect(await page.locator('.agents-table tbody tr').count()).toBe(6);
    await page.getByRole('link', { name: 'Update…' }).click();
    await page.waitForURL(/\/agents\/updates$/);
    await page.getByText('6 of 6 hosts can be updated').waitFor();
  });

  it('show which host comes in which wave before anybody begins, and what is wrong beside its field', async () => {
    await open('/agents/updates');
    await page.getByLabel('Hosts', { exact: true }).fill('tag:db | tag:edge');
    await page.getByLabel('Canaries').fill('db-001');
    await page.getByLabel('Then, in percent of the others').fill('100');
    await button('Show the waves').click();
    await page.getByText('4 hosts in 2 waves').waitFor();
    const waves = await page.locator('.plan-waves li').allInnerTexts();
    expect(waves[0]).toContain('db-001');
    expect(['db-002', 'edge-001', 'edge-002'].filter((name) => !waves[1]?.includes(name))).toEqual([]);

    await page.getByLabel('Hosts', { exact: true }).fill('tag:(');
    await page.getByLabel('Then, in percent of the others').fill('80, 20');
    await button('Begin the update').click();
    await page.locator('#field-shares-problem').waitFor();
    expect(await page.getByLabel('Hosts', { exact: true }).inputValue()).toBe('tag:(');
    await page.getByLabel('Then, in percent of the others').fill('100');
    await button('Begin the update').click();
    await page.locator('#field-target-problem').waitFor();
    expect((await system.api.get<{ items: unknown[] }>('/api/v1/agent-updates')).items).toEqual([]);
  });

  it('show live how an update goes, without a reload, and each host with its reason', async () => {
    await open('/agents/updates');
    await page.getByLabel('Hosts', { exact: true }).fill('tag:db | tag:edge');
    await page.getByLabel('Canaries').fill('db-001');
    await page.getByLabel('Then, in percent of the others').fill('100');
    await button('Begin the update').click();
    await page.waitForURL(/\/agents\/updates\/upd_/);
    await page.evaluate(() => Object.assign(globalThis, { isFirstLoad: true }));
    await page.locator('h1').getByText('Done').waitFor();
    await page.getByText('4 of 4 hosts are through').waitFor();
    expect(await page.locator('.update-hosts').getByText('Updated').count()).toBe(4);
    expect(await page.evaluate(() => 'isFirstLoad' in globalThis)).toBe(true);
    await page.locator('.update-hosts').getByRole('link', { name: 'db-001' }).click();
    await page.getByText('0.2.0').first().waitFor();
    await page.getByRole('link', { name: 'Update to 0.2.0' }).waitFor();
  });

  it('pause by themselves with the reason, go on when a person says so, and end after a question', async () => {
    await open('/agents/updates');
    await page.getByLabel('Canaries').fill('cache-002');
    await button('Begin the update').click();
    await page.waitForURL(/\/agents\/updates\/upd_/);
    await page.locator('h1').getByText('Paused').waitFor();
    await page.locator('.flash-warn').getByText('cache-002').waitFor();
    await page.locator('.update-hosts').getByText('The one before runs again.').waitFor();
    await button('Resume').click();
    await page
      .locator('h1')
      .getByText(/Running|Done/)
      .waitFor();
    await page.getByRole('link', { name: 'End…' }).click();
    await button('End it').click();
    await page.locator('h1').getByText('Ended').waitFor();
    expect(await button('Resume').count()).toBe(0);
  });

  it('say what to do on a server that has no executables', async () => {
    await rm(agentsDir, { recursive: true, force: true });
    await open('/agents/updates');
    await page.getByText('This server has no executables of the agent to offer.').waitFor();
    expect(await button('Begin the update').count()).toBe(0);
  });

  it('have nothing that a browser complains about, but for the forms that were wrong', () => {
    expect(browser.complaints.filter((complaint) => !complaint.includes('422'))).toEqual([]);
  });
});
