// Draws a grid of hosts, of which only what can be seen. The pixels of the tiles are copied by hand into one picture: for ten thousand cells
// that takes a few milliseconds, and drawing them one by one on the canvas twenty times as long.

import { forgetColours, states, tilesOf } from './grid-tiles.js';

/** sizes of a cell with the gap behind it, in CSS pixels: the largest with which all of it fits */
const pitches = [24, 20, 17, 14, 12, 10, 9, 8, 7];
const tallest = 432;
/** room around the cells for the cursor, as in run.css */
const inset = 3;

/**
 * @param view the element that scrolls; holds a canvas that sticks to its top, and a cursor
 * @param grid what is shown: `size()`, `stateAt(index)`, `isDim(index)`; `onColours()` is called when the theme has changed
 */
export function createGridCanvas(view, grid) {
  const canvas = view.querySelector('canvas');
  const cursor = view.querySelector('.grid-cursor');
  const spacer = view.querySelector('.grid-spacer');
  const at = canvas.getContext('2d');
  const changed = new Set();
  let layout = { columns: 1, pitch: pitches[0], gap: 2, height: 0, scale: 1, cell: 0 };
  let picture;
  let pixels;
  let tiles;
  let isAll = false;
  let frame = 0;

  new ResizeObserver(measure).observe(view);
  view.addEventListener('scroll', all, { passive: true });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', recolour);
  new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ['data-bs-theme'] });

  return {
    all,
    cell,
    measure,
    indexAt,
    columns: () => layout.columns,
    rows: () => Math.floor(view.clientHeight / layout.pitch),
    point,
  };

  /** Fits the cells into the width, and draws all. */
  function measure() {
    const scale = devicePixelRatio || 1;
    const heightOf = (pitch, width) => Math.ceil(grid.size() / Math.max(1, Math.floor(width / pitch))) * pitch;
    view.style.overflowY = 'hidden';
    const fitting = pitches.find((pitch) => heightOf(pitch, view.clientWidth - 2 * inset) <= tallest);
    // a bar to scroll with takes its part of the width
    if (fitting === undefined) view.style.overflowY = 'scroll';
    const width = view.clientWidth - 2 * inset;
    if (width <= 0 || grid.size() === 0) return;
    const pitch = Math.round((fitting ?? pitches.at(-1)) * scale) / scale;
    const gap = Math.round((pitch >= 14 ? 3 : pitch >= 9 ? 2 : 1) * scale) / scale;
    const columns = Math.max(1, Math.floor((width + gap) / pitch));
    const whole = Math.ceil(grid.size() / columns) * pitch;
    const height = Math.min(tallest, whole);
    layout = { columns, pitch, gap, height, scale, cell: Math.round((pitch - gap) * scale) };
    spacer.style.height = `${Math.max(0, whole - height)}px`;
    view.style.height = `${height + 2 * inset}px`;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    picture = at.createImageData(canvas.width, canvas.height);
    pixels = new Uint32Array(picture.data.buffer);
    tiles = pixelsOf(layout.cell);
    all();
  }

  function recolour() {
    forgetColours();
    measure();
    grid.onColours();
  }

  function all() {
    isAll = true;
    soon();
  }

  function cell(index) {
    if (!isAll) changed.add(index);
    soon();
  }

  function soon() {
    if (frame === 0) frame = requestAnimationFrame(draw);
  }

  function draw() {
    frame = 0;
    if (tiles === undefined) return;
    const { columns, pitch, height } = layout;
    const first = Math.floor(view.scrollTop / pitch) * columns;
    const last = Math.min(grid.size(), (Math.ceil((view.scrollTop + height) / pitch) + 1) * columns);
    if (isAll) {
      pixels.fill(0);
      for (let index = first; index < last; index += 1) paint(index);
    } else {
      for (const index of changed) if (index >= first && index < last) paint(index);
    }
    at.putImageData(picture, 0, 0);
    isAll = false;
    changed.clear();
  }

  function paint(index) {
    const { columns, pitch, scale, cell: size } = layout;
    const x = Math.round((index % columns) * pitch * scale);
    const y = Math.round((Math.floor(index / columns) * pitch - view.scrollTop) * scale);
    const tile = (grid.isDim(index) ? tiles.dim : tiles.plain).get(grid.stateAt(index));
    for (let row = Math.max(0, -y); row < size && y + row < picture.height; row += 1)
      pixels.set(tile[row], (y + row) * picture.width + x);
  }

  /** @returns the index of the cell at a place of the window; undefined: there is none */
  function indexAt(clientX, clientY) {
    const box = view.getBoundingClientRect();
    const column = Math.floor((clientX - box.left - inset) / layout.pitch);
    const index = Math.floor((clientY - box.top - inset + view.scrollTop) / layout.pitch) * layout.columns + column;
    return column < 0 || column >= layout.columns || index < 0 || index >= grid.size() ? undefined : index;
  }

  /** Puts the cursor around a cell. @param reveal scrolls to it */
  function point(index, reveal = false) {
    cursor.hidden = index === undefined;
    if (index === undefined) return;
    const { columns, pitch, gap } = layout;
    const top = Math.floor(index / columns) * pitch;
    const shown = view.clientHeight - 2 * inset;
    if (reveal && top < view.scrollTop) view.scrollTop = top;
    if (reveal && top + pitch > view.scrollTop + shown) view.scrollTop = top + pitch - shown;
    cursor.style.width = `${pitch - gap + 4}px`;
    cursor.style.height = `${pitch - gap + 4}px`;
    cursor.style.transform = `translate(${(index % columns) * pitch + inset - 2}px, ${top + inset - 2}px)`;
  }
}

/** Rows of pixels of each tile, and of each that stands back. */
function pixelsOf(size) {
  const tileOf = tilesOf(size);
  const plain = new Map();
  const dim = new Map();
  for (const state of states) {
    const { data } = tileOf(state).getContext('2d').getImageData(0, 0, size, size);
    plain.set(state, rowsOf(data, size));
    dim.set(
      state,
      rowsOf(
        data.map((value, index) => (index % 4 === 3 ? value * 0.16 : value)),
        size,
      ),
    );
  }
  return { plain, dim };
}

const rowsOf = (data, size) =>
  Array.from({ length: size }, (_, row) => new Uint32Array(data.buffer.slice(row * size * 4, (row + 1) * size * 4)));
