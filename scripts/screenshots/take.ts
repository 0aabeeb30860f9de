import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { browserFlags, browserPath } from '../../tests/support/browser.ts';
import { declaredPages } from '../../tests/support/showcase/declared-pages.ts';
import { lookAt } from '../../tests/support/showcase/look.ts';
import { openShowcase } from '../../tests/support/showcase/showcase.ts';
import { forgottenPages, type Subject, subjectsOf } from '../../tests/support/showcase/subjects.ts';
import { writeGallery } from './gallery.ts';

export type ScreenshotOptions = {
  /** names of pages; none: all */
  readonly only: readonly string[];
  readonly folder: string;
  readonly format: 'webp' | 'png';
  readonly say: (line: string) => void;
};

export const screenshotsFolder = 'docs/screenshots';
/** A desk and a phone. A longer page is cut where its kind of content has been seen. */
export const screens = [
  { width: 1440, height: 900, most: 1200 },
  { width: 390, height: 844, most: 1400 },
] as const;
export const themes = ['light', 'dark'] as const;
const hosts = 240;
const quality = 60;

export async function takeScreenshots({ only, folder, format, say }: ScreenshotOptions): Promise<void> {
  if (browserPath === undefined) throw new Error('There is no Chromium on this machine: install it and try again.');
  const startedAt = performance.now();
  const declared = await declaredPages();
  say(`${hosts} hosts join and work`);
  const showcase = await openShowcase(hosts);
  const browser = await chromium.launch({ executablePath: browserPath, args: [...browserFlags, '--hide-scrollbars'] });
  try {
    const all = subjectsOf(showcase, declared);
    for (const page of forgottenPages(all, declared)) say(`FORGOTTEN: ${page} is told nowhere in subjects.ts`);
    const subjects = all.filter(({ name }) => only.length === 0 || only.includes(name));
    if (subjects.length === 0) throw new Error(`There is none of these; there are: ${all.map(({ name }) => name).join(' ')}`);
    await mkdir(folder, { recursive: true });
    if (only.length === 0) await removePictures(folder, format);
    say(`${subjects.length} pages`);
    for (const screen of screens) await takeAll(browser, { subjects, screen, folder, format, say });
    if (only.length === 0 && folder === screenshotsFolder)
      await writeGallery(
        'docs/dashboard.md',
        'screenshots',
        subjects.map(({ name }) => name),
      );
  } finally {
    await browser.close();
    await showcase.dispose();
  }
  say(`${Math.round((performance.now() - startedAt) / 1000)} s`);
}

type Looks = Pick<ScreenshotOptions, 'folder' | 'format' | 'say'> & {
  readonly subjects: readonly Subject[];
  readonly screen: (typeof screens)[number];
};

/** Each page is opened once: it turns dark and light while it is open, as on a host whose evening begins. */
async function takeAll(browser: Browser, { subjects, screen, folder, format, say }: Looks): Promise<void> {
  const { width, height } = screen;
  const context = await browser.newContext({ viewport: { width, height }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('404')) say(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => say(`${page.url()}: ${error.message}`));
  for (const subject of subjects) {
    try {
      await lookAt(page, subject);
    } catch (error) {
      process.exitCode = 1;
      say(String(error));
      continue;
    }
    const tooWide = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    if (Number(tooWide) > 0) say(`${subject.name} is ${tooWide} px wider than a screen of ${width}`);
    await growTo(page, screen);
    for (const theme of themes) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      await writeFile(join(folder, `${subject.name}-${width}-${theme}.${format}`), await picture(page, format));
    }
    await page.setViewportSize({ width, height });
  }
  await context.close();
}

/** The window grows with the page, so that what sticks to its edges is where it belongs. */
async function growTo(page: Page, { width, height, most }: (typeof screens)[number]): Promise<void> {
  const full = Number(await page.evaluate('document.documentElement.scrollHeight'));
  await page.setViewportSize({ width, height: Math.min(most, Math.max(height, full)) });
}

async function picture(page: Page, format: 'webp' | 'png'): Promise<Buffer> {
  // what is drawn on a canvas is drawn anew in the frame after the change
  await page.evaluate(
    'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 50))))',
  );
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', format === 'webp' ? { format, quality } : { format });
  await session.detach();
  return Buffer.from(data, 'base64');
}

async function removePictures(folder: string, format: string): Promise<void> {
  for (const file of await readdir(folder)) if (file.endsWith(`.${format}`)) await rm(join(folder, file));
}
