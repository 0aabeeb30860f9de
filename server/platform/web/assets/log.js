// The log of an execution: some thousand rows of it on the page at a time, read piece by piece as one scrolls.
//
//   following: at the end, long polling for more -> (scrolled up) -> paused: nothing is read -> (to the end, or "Newest") -> following
//   paused: near the top or the bottom the page before or after is read, and the farthest one leaves

import { createLogPages } from './log-pages.js';
import { pageElement, rowElement } from './log-rows.js';
import { createLogSearch } from './log-search.js';

const pagesShown = 10;
const nearPx = 800;
const jumpBytes = 2_000_000;
const longestWayBytes = 32_000_000;

const plain = document.getElementById('log');
const tools = document.querySelector('[data-log-tools]');
const state = document.querySelector('[data-log-state]');
const follow = document.querySelector('[data-log-follow]');
const newest = document.querySelector('[data-log-newest]');
const counted = document.querySelector('[data-log-found]');
const view = document.createElement('div');
const pages = createLogPages(plain.dataset.log);

/** index of the first page on the page; those after it have the blocks */
let first = 0;
let blocks = [];
let open = [];
let isBusy = false;
let polling = null;
let search;

if (plain.dataset.log !== undefined) await begin();

async function begin() {
  view.className = 'log log-rows';
  view.tabIndex = 0;
  view.setAttribute('role', 'region');
  view.setAttribute('aria-label', 'Log');
  plain.replaceWith(view);
  view.id = 'log';
  document.querySelector('[data-log-pieces]')?.remove();
  tools.hidden = false;
  search = createLogSearch({
    view,
    input: document.querySelector('[data-log-search]'),
    told: tellFound,
    went: showRange,
    toLine: goToLine,
  });
  for (const button of document.querySelectorAll('[data-log-step]'))
    button.addEventListener('click', () => search.go(Number(button.dataset.logStep)));
  keepSwitch('wrap', true);
  keepSwitch('times', false);
  view.addEventListener('scroll', scrolled, { passive: true });
  view.addEventListener('keydown', keyed);
  follow.addEventListener('change', () => void (follow.checked ? toNewest() : pause()));
  newest.addEventListener('click', () => void toNewest());
  // somebody signed in again elsewhere: what was followed is followed on
  document.addEventListener('live:reopened', () => {
    if (follow.checked) void poll();
  });
  addEventListener('hashchange', () => void toLine());
  const wantsLine = lineWanted() !== null;
  follow.checked = plain.dataset.final === 'no' && !wantsLine;
  const isRead = await attempt(() => readOn(0));
  if (!isRead) return;
  if (wantsLine) await toLine();
  else if (follow.checked) await toNewest();
  else fill();
}

async function toNewest() {
  follow.checked = true;
  tell();
  await alone(async () => {
    if (pages.left > jumpBytes) {
      await pages.restartNearEnd();
      clear();
    }
    while (!pages.isAtEnd || pages.size === 0) if (!(await readOn(0)).isMore) break;
    await lastPages();
  });
  toBottom();
  void poll();
}

function pause() {
  follow.checked = false;
  polling?.abort();
  tell();
}

async function poll() {
  if (polling !== null || pages.isComplete) return tell();
  polling = new AbortController();
  const { signal } = polling;
  let isShut = false;
  let pauseMs = 1000;
  while (follow.checked && !pages.isComplete && !signal.aborted) {
    await visible();
    try {
      await readOn(25, signal);
      if (follow.checked) toBottom();
      pauseMs = 1000;
    } catch (error) {
      if (signal.aborted) break;
      if (error.status === 401 || error.status === 404) {
        isShut = true;
        break;
      }
      tell('The log could not be read; trying again…');
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      pauseMs = Math.min(10_000, pauseMs * 2);
    }
  }
  polling = null;
  if (follow.checked && !pages.isComplete && signal.aborted) void poll();
  tell(isShut ? 'Nothing more is read: the session ended, or the execution is gone.' : undefined);
}

/** Reads what follows the last page that is known, and shows it if that one is on the page. */
async function readOn(wait, signal) {
  const { made, open: rows } = await pages.readOn(wait, signal);
  for (const row of open) row.remove();
  open = [];
  for (const [index, list] of made) {
    const at = index - first;
    // who reads from the top gets further pages as they come near them
    if (at < 0 || at > blocks.length || (at === pagesShown && !follow.checked)) continue;
    if (at === blocks.length) addBlock(pageElement([]));
    blocks[at].append(...list.map(rowElement));
  }
  if (blocks.length === 0) addBlock(pageElement([]));
  if (first + blocks.length >= pages.count && rows.length > 0 && pages.isAtEnd) {
    open = rows.map(rowElement);
    blocks.at(-1).append(...open);
  }
  trimTop();
  search.refresh();
  tell();
  return { isMore: made.length > 0 || !pages.isAtEnd };
}

function addBlock(block) {
  blocks.push(block);
  view.append(block);
}

function trimTop() {
  const leaving = blocks.slice(0, Math.max(0, blocks.length - pagesShown));
  if (leaving.length === 0) return;
  // measured before anything is taken away: each measurement after a change is a layout of thousands of rows
  const height = follow.checked ? 0 : leaving.reduce((sum, block) => sum + block.offsetHeight, 0);
  for (const block of leaving) block.remove();
  blocks = blocks.slice(leaving.length);
  first += leaving.length;
  if (!follow.checked) view.scrollTop -= height;
}

function clear() {
  for (const block of blocks) block.remove();
  blocks = [];
  open = [];
  first = 0;
}

async function lastPages() {
  if (first + blocks.length >= pages.count - 1 && blocks.length > 0) return;
  await showFrom(Math.max(0, pages.count - 3));
}

async function showFrom(index) {
  clear();
  first = index;
  for (let at = index; at < Math.min(pages.count, index + 3); at += 1) addBlock(pageElement(await pages.page(at)));
  search.refresh();
}

function scrolled() {
  const below = view.scrollHeight - view.scrollTop - view.clientHeight;
  if (below < 24 && !follow.checked && plain.dataset.final === 'no' && first + blocks.length >= pages.count && pages.isAtEnd) {
    follow.checked = true;
    void poll();
  } else if (below > 48 && follow.checked) pause();
  fill();
}

/** Reads the page before or after, where the reader comes near the edge of what is there. */
function fill() {
  if (isBusy) return;
  const below = view.scrollHeight - view.scrollTop - view.clientHeight;
  if (view.scrollTop < nearPx && (first > 0 || pages.first.offset > 0)) void alone(before).then(fill);
  else if (below < nearPx && first + blocks.length < pages.count) void alone(after).then(fill);
  else if (below < nearPx && !pages.isAtEnd && polling === null) void alone(() => readOn(0)).then(fill);
}

async function before() {
  if (first === 0) first += await pages.readBack();
  if (first === 0) return;
  const block = pageElement(await pages.page(first - 1));
  first -= 1;
  blocks.unshift(block);
  view.prepend(block);
  view.scrollTop += block.offsetHeight;
  while (blocks.length > pagesShown) blocks.pop().remove();
  search.refresh();
}

async function after() {
  addBlock(pageElement(await pages.page(first + blocks.length)));
  trimTop();
  search.refresh();
}

function lineWanted() {
  return /^#L\d{1,9}$/.test(location.hash) ? Number(location.hash.slice(2)) : null;
}

async function toLine() {
  const line = lineWanted();
  if (line === null) return;
  pause();
  await alone(async () => {
    if (pages.first.number === null) {
      pages.restart();
      clear();
      await readOn(0);
    }
    // what lies on the way is not shown
    for (let read = 0; pages.pageOfLine(line) === undefined && !pages.isAtEnd && read < longestWayBytes; read += 131_072)
      await pages.readOn(0);
    const index = pages.pageOfLine(line);
    if (index !== undefined) await showFrom(Math.max(0, index - 1));
  });
  const row = document.getElementById(`L${line}`);
  if (row === null) return tell(`There is no line ${line} here.`);
  for (const other of view.querySelectorAll('.log-here')) other.classList.remove('log-here');
  row.classList.add('log-here');
  showRange(row);
}

/** By its address, which can be copied then. */
function goToLine(line) {
  if (location.hash === `#L${line}`) void toLine();
  else location.hash = `L${line}`;
}

function showRange(what) {
  pause();
  const box = what.getBoundingClientRect();
  const own = view.getBoundingClientRect();
  if (box.top < own.top + 24 || box.bottom > own.bottom - 24) view.scrollTop += box.top - own.top - own.height / 3;
}

function keyed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'End') {
    event.preventDefault();
    void toNewest();
  }
}

/** One at a time: they all move the same pages. */
async function alone(work) {
  while (isBusy) await new Promise((resolve) => setTimeout(resolve, 20));
  isBusy = true;
  await attempt(work);
  isBusy = false;
}

async function attempt(work) {
  try {
    await work();
    return true;
  } catch (error) {
    tell(
      error.status === 401 ? 'Your session ended: sign in again.' : 'The log could not be read. Load the page anew to try again.',
    );
    return false;
  }
}

function toBottom() {
  view.scrollTop = view.scrollHeight;
}

function tell(text) {
  // nothing will follow any more
  follow.closest('label').hidden = pages.isComplete;
  newest.hidden =
    follow.checked || (pages.isComplete && pages.isAtEnd && plain.dataset.final === 'yes' && pages.count <= pagesShown);
  const parts = [];
  if (text !== undefined) parts.push(text);
  else if (pages.size === 0) parts.push(pages.isComplete ? 'It printed nothing.' : 'Nothing printed yet.');
  else if (pages.first.number === null) parts.push('Read from near its end, so the lines have no numbers.');
  else if (!pages.isAtEnd) parts.push('More is read as you scroll.');
  if (text === undefined && follow.checked && !pages.isComplete) parts.push('Following.');
  state.textContent = parts.join(' ');
}

function tellFound(found) {
  for (const button of document.querySelectorAll('[data-log-step]')) button.disabled = found === null || found.count === 0;
  if (found === null) counted.textContent = '';
  else {
    const isPart = first > 0 || first + blocks.length < pages.count || !pages.isAtEnd;
    const all = found.isMore ? `${found.count}+` : found.count;
    counted.textContent = `${found.current > 0 ? `${found.current} of ` : ''}${all}${isPart ? ' in the part shown' : ''}`;
  }
}

function keepSwitch(name, isOn) {
  const box = document.querySelector(`[data-log-${name}]`);
  const kept = localStorage.getItem(`muster-log-${name}`);
  box.checked = kept === null ? isOn : kept === 'yes';
  const apply = () => view.classList.toggle(`log-${name}`, box.checked);
  box.addEventListener('change', () => {
    localStorage.setItem(`muster-log-${name}`, box.checked ? 'yes' : 'no');
    apply();
    if (follow.checked) toBottom();
  });
  apply();
}

function visible() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
}
