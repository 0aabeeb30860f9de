// Keeps a page true while it is open. The body names topics; one stream listens to them (`live-source.js`); on a hint the page's own URL is
// fetched again, and every element with `data-live="key"` is made to look like the one of the same key in the answer.
//
//   hint (`message`, or `resync` when some were left out) -> (at most once a second, not while hidden) -> fetch own URL -> morph
//   `states` in bulk -> told to the scripts of the page as `live:states`, and a fetch only every few seconds
//   stream back after a cut -> `live:stale` for the scripts, and one fetch, which catches up with whatever was missed
//   401, 403, 404 -> the notice says so; asked again now and then, and all goes on when the page may be seen again
//   another error -> the notice says so; asked again after a while

import { notice, noticeLink } from './live-notice.js';
import { keepSource } from './live-source.js';
import { morphChildren } from './morph.js';

const quickMs = 1000;
const slowMs = 5000;
const shutOutMs = 15_000;

const { topics, since, role } = document.body.dataset;
let source;
let timer;
let dueAt = Number.POSITIVE_INFINITY;
let lastAt = Date.now();
let isBusy = false;
/** status of the answer by which the page is not to be seen any more */
let shutOut = null;

const listeners = {
  told(kind, data) {
    if (kind === 'states') tellScripts('live:states', JSON.parse(data));
    if (kind === 'resync') tellScripts('live:stale');
    refreshWithin(kind === 'states' ? slowMs : quickMs);
  },
  up(wasLost) {
    notice('lost');
    if (!wasLost) return;
    tellScripts('live:stale');
    refreshWithin(0);
  },
  down: () => notice('lost', `Connection lost: this is how it was at ${new Date().toLocaleTimeString()}. Reconnecting…`),
  refused: refresh,
};

// not before the other scripts of the page listen: what the stream tells would go to nobody. `since` covers the time until then
document.addEventListener(
  'DOMContentLoaded',
  () => {
    source = keepSource({ topics, since, role, on: listeners });
  },
  { once: true },
);
document.addEventListener('visibilitychange', () => {
  if (shutOut !== null) refreshWithin(0);
  else arm();
});

function refreshWithin(pauseMs) {
  dueAt = Math.min(dueAt, lastAt + pauseMs);
  arm();
}

function arm() {
  clearTimeout(timer);
  if (isBusy || document.hidden || dueAt === Number.POSITIVE_INFINITY) return;
  timer = setTimeout(() => void refreshNow(), Math.max(0, dueAt - Date.now()));
}

async function refreshNow() {
  dueAt = Number.POSITIVE_INFINITY;
  isBusy = true;
  await refresh();
  lastAt = Date.now();
  isBusy = false;
  if (shutOut !== null) dueAt = lastAt + shutOutMs;
  arm();
}

/** Never rejects: what goes wrong is noticed by the stream, or tried again with the next hint. */
async function refresh() {
  try {
    const answer = await fetch(location.href, {
      headers: { accept: 'text/html', 'x-muster-fragment': '1' },
      redirect: 'manual',
      cache: 'no-store',
    });
    const status = answer.type === 'opaqueredirect' ? 401 : answer.status;
    if (Object.hasOwn(reasons, status)) return shut(status);
    if (!answer.ok) return failed(status);
    notice('failed');
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (shutOut !== null) reopen();
    show(fresh);
  } catch {
    // the server is away: the stream says so and tries again
  }
}

function show(fresh) {
  for (const element of document.querySelectorAll('[data-live]')) {
    const same = fresh.querySelector(`[data-live="${CSS.escape(element.dataset.live)}"]`);
    if (same !== null && !isSelecting(element)) morphChildren(element, same);
  }
  keepForms(fresh);
  tellOfChange(fresh);
  tellScripts('live:refreshed');
}

/** Text that somebody is marking is left alone until the next hint. */
function isSelecting(element) {
  const selection = getSelection();
  return selection !== null && !selection.isCollapsed && element.contains(selection.anchorNode);
}

/** Who signed in again has another session: the forms of the page would be refused with the token of the old one. */
function keepForms(fresh) {
  const token = fresh.querySelector('input[name="csrf"]')?.value;
  if (token === undefined) return;
  for (const input of document.querySelectorAll('input[name="csrf"]')) if (input.value !== token) input.value = token;
}

/** What stands outside of the live parts is as it was: buttons of another role, the markup of another version. */
function tellOfChange(fresh) {
  const anew = () => noticeLink(location.pathname + location.search, 'Load it anew');
  const styleOf = (page) => page.querySelector('link[rel="stylesheet"]')?.getAttribute('href');
  const { reader } = fresh.body.dataset;
  if (reader !== document.body.dataset.reader)
    notice('changed', `You are now ${reader}: parts of this page are not for you.`, anew());
  else if (styleOf(fresh) !== styleOf(document)) notice('changed', 'Muster was updated since this page was loaded.', anew());
  else notice('changed');
}

const reasons = {
  401: () => [
    'Your session ended.',
    noticeLink(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`, 'Sign in again'),
  ],
  403: () => ['You may no longer see this page; it shows what was last known.', noticeLink('/', 'Overview')],
  404: () => ['What this page shows was removed.', upwards()],
};

function shut(status) {
  if (shutOut === null) source?.stop();
  shutOut = status;
  document.body.dataset.shut = status;
  notice('lost');
  notice('failed');
  notice('shut', ...reasons[status]());
  if (!isBusy) refreshWithin(shutOutMs);
}

function reopen() {
  shutOut = null;
  delete document.body.dataset.shut;
  notice('shut');
  source?.start();
  tellScripts('live:reopened');
}

function failed(status) {
  notice('failed', `The server could not show this page anew (status ${status}). Trying again…`);
  dueAt = Math.min(dueAt, Date.now() + shutOutMs);
  if (!isBusy) arm();
}

/** To the list that the page belongs to. */
function upwards() {
  const list = document.querySelector('.trail a:last-of-type');
  return noticeLink(list?.getAttribute('href') ?? '/', list?.textContent ?? 'Overview');
}

const tellScripts = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
