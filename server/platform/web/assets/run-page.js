// The page of a run: the grid of its hosts, and counts and progress that follow the stream of states. Without script, the counts and the
// table of the page say the same.

import { createGridCanvas } from './grid-canvas.js';
import { createReadout } from './grid-readout.js';
import { tilesOf } from './grid-tiles.js';
import { showCounts } from './run-counts.js';
import { createRunStates } from './run-states.js';

const stalePauseMs = 2000;

const card = document.querySelector('[data-grid]');
const view = card.querySelector('.grid-view');
const search = card.querySelector('[data-grid-search]');
const found = card.querySelector('[data-grid-found]');
const runId = card.dataset.grid;
const only = card.dataset.only;
const readout = createReadout(card.querySelector('.grid-readout'));
/** state by execution: what the stream told while the grid was on its way */
let early = new Map();
let run;
let matches = null;
let selected;
let lastPointer = 'mouse';
let loadedAt = Number.NEGATIVE_INFINITY;
let isLoading = false;
let staleTimer;

const grid = createGridCanvas(view, {
  onColours: paintSwatches,
  size: () => run?.size ?? 0,
  stateAt: (index) => run.stateAt(index),
  isDim: (index) => (only !== '' && run.stateAt(index) !== only) || (matches !== null && !matches.has(index)),
});

document.addEventListener('live:states', ({ detail }) => take(detail[runId] ?? {}));
document.addEventListener('live:stale', stale);
document.addEventListener('live:refreshed', () => {
  paintSwatches();
  if (run) showCounts(run);
});
paintSwatches();
await load();

/** Never rejects: the stream tells when the server is away, and asks for it again when it is back. */
async function load() {
  isLoading = true;
  loadedAt = performance.now();
  try {
    // the first was asked for by the page already
    const answer = await fetch(`/api/v1/runs/${runId}/grid`);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    run = createRunStates(await answer.json());
    isLoading = false;
    catchUp();
    card.classList.add('is-ready');
    card.classList.remove('is-missing');
    if (search.value !== '') find();
    grid.measure();
    grid.point(selected);
  } catch {
    isLoading = false;
    if (run === undefined) card.classList.add('is-missing');
    else catchUp();
  }
}

function catchUp() {
  const held = early;
  early = new Map();
  for (const [id, state] of held) change(id, state);
  showCounts(run);
}

function stale() {
  clearTimeout(staleTimer);
  staleTimer = setTimeout(() => void load(), Math.max(0, loadedAt + stalePauseMs - performance.now()));
}

/** @param changes ids of executions by their state */
function take(changes) {
  const each = Object.entries(changes).flatMap(([state, ids]) => ids.map((id) => [id, state]));
  if (isLoading) for (const [id, state] of each) early.set(id, state);
  // it could not be read before
  else if (run === undefined) stale();
  else {
    for (const [id, state] of each) change(id, state);
    showCounts(run);
  }
}

function change(id, state) {
  const index = run.change(id, state);
  if (index === undefined) stale();
  else if (index !== null) grid.cell(index);
  if (index === selected && index !== undefined) readout.show(run, index);
}

function select(index, how = {}) {
  if (index === undefined || run === undefined) return;
  selected = index;
  grid.point(index, how.reveal);
  readout.show(run, index);
}

function open(index) {
  if (index !== undefined) location.href = `/executions/${run.idAt(index)}`;
}

view.addEventListener('pointermove', (event) => {
  if (event.pointerType === 'mouse') select(grid.indexAt(event.clientX, event.clientY));
});
view.addEventListener('pointerdown', (event) => {
  lastPointer = event.pointerType;
});
view.addEventListener('click', (event) => {
  const index = grid.indexAt(event.clientX, event.clientY);
  // a finger has nothing to hover with: the first touch shows, the second opens
  if (lastPointer === 'mouse' || index === selected) open(index);
  else select(index);
});
view.addEventListener('focus', () => {
  if (selected === undefined && view.matches(':focus-visible')) select(0, { reveal: true });
});
view.addEventListener('keydown', (event) => {
  if (run === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  const columns = grid.columns();
  const steps = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: columns,
    ArrowUp: -columns,
    PageDown: columns * grid.rows(),
    PageUp: -columns * grid.rows(),
    Home: -run.size,
    End: run.size,
  };
  if (event.key === 'Enter') open(selected);
  else if (Object.hasOwn(steps, event.key))
    select(Math.min(run.size - 1, Math.max(0, (selected ?? 0) + steps[event.key])), { reveal: true });
  else return;
  event.preventDefault();
});

search.addEventListener('input', find);
search.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter') return;
  event.preventDefault();
  const [first] = matches ?? [];
  if (first === undefined) return;
  view.focus({ preventScroll: true });
  select(first, { reveal: true });
});

function find() {
  const wanted = search.value.trim().toLowerCase();
  matches = wanted === '' || run === undefined ? null : new Set();
  if (matches !== null)
    run.names.forEach((name, index) => {
      if (name.toLowerCase().includes(wanted)) matches.add(index);
    });
  found.textContent = matches === null ? '' : `${matches.size.toLocaleString('en')} found`;
  const [first] = matches ?? [];
  if (first !== undefined) select(first, { reveal: true });
  grid.all();
}

/** The shapes of the grid, beside the words of the counts. */
function paintSwatches() {
  const size = Math.round(12 * (devicePixelRatio || 1));
  const tileOf = tilesOf(size);
  for (const swatch of document.querySelectorAll('canvas[data-swatch]')) {
    const at = swatch.getContext('2d');
    at.clearRect(0, 0, swatch.width, swatch.height);
    at.drawImage(tileOf(swatch.dataset.swatch), 0, 0, swatch.width, swatch.height);
  }
}
