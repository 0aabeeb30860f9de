import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { browserPath, openBrowser, type TestBrowser } from './support/browser.ts';
import { declaredPages } from './support/showcase/declared-pages.ts';
import { lookAt } from './support/showcase/look.ts';
import { openShowcase, type Showcase } from './support/showcase/showcase.ts';
import { type Subject, subjectsOf } from './support/showcase/subjects.ts';

/** Every page of the dashboard with data on it, in both themes, at the width of a desk and of a phone, under the eyes of axe-core. */

if (browserPath === undefined) console.warn('No Chromium on this machine: the tests of accessibility are SKIPPED.');
const describeWithBrowser = browserPath === undefined ? describe.skip : describe;

const screens = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
] as const;
/** What a theme changes; names, roles and order are the same in both. */
const ofThemes = ['color-contrast', 'link-in-text-block'] as const;

/** What draws them comes from elsewhere as it is: Swagger UI. */
const drawnElsewhere: ReadonlySet<string | null> = new Set(['/api/docs']);

type Finding = { id: string; impact: string | null; nodes: { target: string[]; failureSummary?: string }[] };

describeWithBrowser('every page of the dashboard', () => {
  let showcase: Showcase;
  let browser: TestBrowser;
  let subjects: Subject[];

  beforeAll(async () => {
    showcase = await openShowcase(40);
    browser = await openBrowser();
    subjects = subjectsOf(showcase, await declaredPages());
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await showcase?.dispose();
  });

  it.each(screens)(
    'has nothing seriously wrong for who sees or works differently, light or dark, $width px wide',
    async (size) => {
      const { page } = browser;
      const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
      await page.setViewportSize(size);
      const found: string[] = [];
      for (const subject of subjects.filter(({ page: path }) => !drawnElsewhere.has(path))) {
        await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
        try {
          await lookAt(page, subject);
          await page.evaluate(axe);
          const light = await findingsOn(page);
          await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
          const dark = await findingsOn(page, ofThemes);
          found.push(...light.map((one) => `${subject.name}: ${one}`), ...dark.map((one) => `${subject.name}, dark: ${one}`));
          const tooWide = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
          if (tooWide > 0) found.push(`${subject.name}: ${tooWide} px wider than the window`);
        } catch (error) {
          found.push(String(error));
        }
      }
      expect(found).toEqual([]);
    },
    300_000,
  );

  it('has nothing that a browser complains about, but for what is not found', () => {
    expect(browser.complaints.filter((complaint) => !complaint.includes('404'))).toEqual([]);
  });
});

/** What is serious or critical; a rule once per page, with the first places. */
async function findingsOn(page: Page, rules?: readonly string[]): Promise<string[]> {
  const options = { resultTypes: ['violations'], ...(rules === undefined ? {} : { runOnly: rules }) };
  const violations = (await page.evaluate(
    `axe.run(document, ${JSON.stringify(options)}).then(({ violations }) => violations)`,
  )) as Finding[];
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => {
      const places = nodes
        .slice(0, 3)
        .map(({ target, failureSummary = '' }) => `${target.join(' ')} ${failureSummary.split('\n')[1]?.trim()}`);
      return `${id} (${nodes.length}): ${places.join(' | ')}`;
    });
}
