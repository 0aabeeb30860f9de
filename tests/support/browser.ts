import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** A real browser without a screen, and everything that a page complained about. */
export type TestBrowser = {
  readonly page: Page;
  /** errors of scripts, of the console, of the content security policy, and answers of 400 and more */
  readonly complaints: readonly string[];
  close(): Promise<void>;
};

export const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);

export const browserFlags = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-background-networking'];

/** A hanging page is told as such, and not by the end of the whole test. */
const patienceMs = 15_000;

/** @param link what the server prints when it starts: it signs in once */
export async function openSignedIn(link: string): Promise<TestBrowser> {
  const browser = await openBrowser();
  browser.page.setDefaultTimeout(patienceMs);
  try {
    await browser.page.goto(link);
  } catch (error) {
    await browser.close();
    throw error;
  }
  return browser;
}

export async function openBrowser(): Promise<TestBrowser> {
  if (browserPath === undefined) throw new Error('There is no Chromium on this machine.');
  const browser: Browser = await chromium.launch({ executablePath: browserPath, args: browserFlags });
  const context: BrowserContext = await browser.newContext();
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.url()}: ${response.status()}`);
  });
  return { page, complaints, close: () => browser.close() };
}
