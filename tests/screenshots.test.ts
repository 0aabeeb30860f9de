import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { withGallery } from '../scripts/screenshots/gallery.ts';
import { screens, screenshotsFolder, themes } from '../scripts/screenshots/take.ts';
import { declaredPages } from './support/showcase/declared-pages.ts';
import { forgottenPages, type Shown, subjectsOf } from './support/showcase/subjects.ts';

/** That no page of the dashboard is forgotten by what looks at all of them: pictures, axe-core, a browser without scripts. */

const root = fileURLToPath(new URL('..', import.meta.url));
const somewhere: Shown = {
  url: '', cookie: '', fresh: { url: '', cookie: '' }, agentId: 'agent', duplicatedAgent: 'agent', updateId: 'update', scheduledTask: 'task', foldedRun: 'run', activeRun: 'run', deployRun: 'run',
  failedExecution: 'execution', runningExecution: 'execution', deployExecution: 'execution', waitingExecution: 'execution',
}; // biome-ignore format: names that stand for ids

describe('the pages that are looked at', () => {
  let declared: string[];
  let names: string[];
  beforeAll(async () => {
    declared = await declaredPages();
    names = subjectsOf(somewhere, declared).map(({ name }) => name);
  });

  it('are all that the server declares, each under a name of its own', () => {
    expect(declared.length).toBeGreaterThan(25);
    expect(forgottenPages(subjectsOf(somewhere, declared), declared)).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('have pictures in docs, of each width and theme, which `npm run screenshots` makes', () => {
    const wanted = names.flatMap((name) =>
      screens.flatMap(({ width }) => themes.map((theme) => `${name}-${width}-${theme}.webp`)),
    );
    const there = readdirSync(join(root, screenshotsFolder));
    expect(there.sort()).toEqual(wanted.sort());
    const bytes = there.reduce((sum, file) => sum + statSync(join(root, screenshotsFolder, file)).size, 0);
    expect(bytes / wanted.length).toBeLessThan(44 * 1024);
  });

  it('are all shown in docs/dashboard.md', () => {
    const text = readFileSync(join(root, 'docs/dashboard.md'), 'utf8');
    expect(withGallery(text, 'screenshots', names)).toBe(text);
  });
});
