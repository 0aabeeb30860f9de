// The live log of an execution: reads on from where the page ends, by long polling, until the log is complete. Text is only ever put in as
// text, whatever it holds. Beyond a size the oldest part leaves the page; the download has all of it.

const pageLimit = 4_000_000;
const readBytes = 262_144;
const view = document.getElementById('log');
const state = document.querySelector('[data-log-state]');
const follow = document.querySelector('[data-log-follow]');
const search = document.querySelector('[data-log-search]');
let shown = view.textContent.length;
let dropped = false;
let status = state.textContent;
let found = '';

view.addEventListener('scroll', () => {
  follow.checked = view.scrollHeight - view.scrollTop - view.clientHeight < 24;
});
follow.addEventListener('change', scrollIfFollowing);
search.addEventListener('input', showFound);
if (view.dataset.final === 'no') {
  scrollIfFollowing();
  await readOn();
}

async function readOn() {
  let next = Number(view.dataset.next);
  let pauseMs = 1000;
  for (;;) {
    await visible();
    try {
      const answer = await fetch(`/api/v1/executions/${view.dataset.log}/log?offset=${next}&limit=${readBytes}&wait=25`, {
        cache: 'no-store',
      });
      if (answer.status === 401) return;
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const slice = await answer.json();
      append(slice.chunks);
      pauseMs = 1000;
      next = slice.next;
      if (slice.complete) {
        say(slice.size === 0 ? 'It printed nothing.' : '');
        return;
      }
      if (slice.size > 0) say('');
    } catch {
      say('The log could not be read; trying again…');
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      pauseMs = Math.min(10_000, pauseMs * 2);
    }
  }
}

function append(chunks) {
  for (const { stream, text } of chunks) {
    const last = view.lastElementChild;
    if (last !== null && last.className === `log-${stream}` && last.textContent.length < 65_536) last.append(text);
    else {
      const part = document.createElement('span');
      part.className = `log-${stream}`;
      part.textContent = text;
      view.append(part);
    }
    shown += text.length;
  }
  while (shown > pageLimit && view.childElementCount > 1) {
    shown -= view.firstElementChild.textContent.length;
    view.firstElementChild.remove();
    dropped = true;
  }
  if (chunks.length === 0) return;
  scrollIfFollowing();
  if (search.value !== '') showFound();
}

function scrollIfFollowing() {
  if (follow.checked) view.scrollTop = view.scrollHeight;
}

function say(text) {
  status = text || (dropped ? 'The beginning is no longer on this page; the download has all of it.' : '');
  tell();
}

function tell() {
  state.textContent = [found, status].filter((part) => part !== '').join(' ');
}

/** Marks what was searched for and goes to the first of it. */
function showFound() {
  const wanted = search.value.toLowerCase();
  const ranges = [];
  if (wanted !== '') {
    const walker = document.createTreeWalker(view, NodeFilter.SHOW_TEXT);
    while (walker.nextNode() && ranges.length < 2000) {
      const text = walker.currentNode.nodeValue.toLowerCase();
      for (let at = text.indexOf(wanted); at !== -1 && ranges.length < 2000; at = text.indexOf(wanted, at + wanted.length)) {
        const range = new Range();
        range.setStart(walker.currentNode, at);
        range.setEnd(walker.currentNode, at + wanted.length);
        ranges.push(range);
      }
    }
  }
  if (CSS.highlights !== undefined) CSS.highlights.set('found', new Highlight(...ranges));
  found = wanted === '' ? '' : `${ranges.length === 2000 ? 'At least 2000' : ranges.length} found.`;
  tell();
  if (ranges.length > 0) {
    follow.checked = false;
    view.scrollTop += ranges[0].getBoundingClientRect().top - view.getBoundingClientRect().top - 40;
  }
}

function visible() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
}
