// Keeps a page true while it is open. The body names topics; one EventSource listens to them; on a hint the page's own URL is fetched
// again, and every element with `data-live="key"` is made to look like the one of the same key in the answer.
//
//   hint (`message`, or `resync` when some were left out) -> (at most once a second, not while hidden) -> fetch own URL -> morph
//   stream lost -> notice "reconnecting" -> stream back -> fetch once, which catches up with whatever was missed
//   401 -> notice "session ended" with a link, and silence

import { morphChildren } from './morph.js';

const shortestPauseMs = 1000;
const longestRetryMs = 15_000;

const notice = document.getElementById('notice');
const { topics, since } = document.body.dataset;
let source = null;
let retryMs = 1000;
let wanted = false;
let busy = false;
let lastAt = 0;
let ended = false;
let wasLost = false;

connect();
addEventListener('pagehide', () => source?.close());
addEventListener('pageshow', (event) => {
  if (event.persisted) connect();
});
document.addEventListener('visibilitychange', () => {
  if (wanted) refreshSoon();
});

function connect() {
  if (ended) return;
  source?.close();
  source = new EventSource(`/api/v1/events?${new URLSearchParams(wasLost ? { topics } : { topics, since })}`);
  source.addEventListener('open', () => {
    retryMs = 1000;
    if (wasLost) refreshSoon();
    wasLost = false;
    say(null);
  });
  source.addEventListener('error', () => {
    wasLost = true;
    say('Connection lost, reconnecting…');
    // a browser gives a stream up for good when the answer was an error: whether the session ended is asked of the page itself
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(() => void refresh().then(connect), retryMs);
    retryMs = Math.min(longestRetryMs, retryMs * 2);
  });
  for (const hint of ['message', 'resync']) source.addEventListener(hint, refreshSoon);
}

function refreshSoon() {
  wanted = true;
  if (busy || document.hidden || ended) return;
  busy = true;
  setTimeout(() => void refreshNow(), Math.max(0, lastAt + shortestPauseMs - Date.now()));
}

async function refreshNow() {
  wanted = false;
  lastAt = Date.now();
  await refresh();
  busy = false;
  if (wanted) refreshSoon();
}

/** Never rejects: what goes wrong is noticed by the stream, or tried again with the next hint. */
async function refresh() {
  try {
    const answer = await fetch(location.href, { headers: { 'x-muster-fragment': '1' }, redirect: 'manual', cache: 'no-store' });
    if (answer.status === 401 || answer.type === 'opaqueredirect') return endSession();
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const element of document.querySelectorAll('[data-live]')) {
      const same = fresh.querySelector(`[data-live="${CSS.escape(element.dataset.live)}"]`);
      if (same !== null && !isSelecting(element)) morphChildren(element, same);
    }
  } catch {
    // the server is away: the stream says so and tries again
    wasLost = true;
  }
}

/** Text that somebody is marking is left alone until the next hint. */
function isSelecting(element) {
  const selection = getSelection();
  return selection !== null && !selection.isCollapsed && element.contains(selection.anchorNode);
}

function endSession() {
  ended = true;
  source?.close();
  const link = document.createElement('a');
  link.href = `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;
  link.textContent = 'Sign in again';
  say('Your session ended.', link);
}

function say(text, ...more) {
  notice.hidden = text === null;
  notice.replaceChildren(...(text === null ? [] : [text, ...more]));
}
