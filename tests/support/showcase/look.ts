import type { BrowserContext, Page } from 'playwright-core';
import type { Subject } from './subjects.ts';

const patienceMs = 15_000;

/** Signs the context in (or out) as the subject wants it, opens the page, and settles when it is complete and nothing moves any more. */
export async function lookAt(page: Page, subject: Subject): Promise<void> {
  await signInAs(page.context(), subject);
  const response = await page.goto(subject.url, { waitUntil: 'load' });
  const { status = 200 } = subject;
  if (response?.status() !== status) throw new Error(`${subject.name} (${subject.url}) answered ${response?.status()}.`);
  if (subject.ready !== undefined) await page.locator(subject.ready).first().waitFor({ timeout: patienceMs });
  await page.evaluate(settled);
}

async function signInAs(context: BrowserContext, { url, cookie }: Subject): Promise<void> {
  await context.clearCookies({ name: 'muster_session' });
  if (cookie === null) return;
  const [name = '', value = ''] = cookie.split('=', 2);
  await context.addCookies([{ name, value, url: new URL(url).origin }]);
}

/** Runs in the page: fonts are there, and for a moment no element has changed; for less than a second at most. */
const settled = `new Promise((resolve) => {
  const quietMs = 120;
  let quiet = setTimeout(done, quietMs);
  const watch = new MutationObserver(() => { clearTimeout(quiet); quiet = setTimeout(done, quietMs); });
  watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  const atMost = setTimeout(done, 900);
  function done() {
    watch.disconnect();
    clearTimeout(atMost);
    document.fonts.ready.then(() => requestAnimationFrame(() => requestAnimationFrame(() => resolve(null))));
  }
})`;
