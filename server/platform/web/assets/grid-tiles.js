// How a host looks in the grid: a colour and a shape of its own for each state, so that either is enough. Tiles are drawn once per size and
// theme, and copied from then on.

const tones = {
  queued: 'wait', offered: 'busy', running: 'busy', unknown: 'warn', cancelling: 'warn', succeeded: 'good', failed: 'bad', timed_out: 'bad',
  cancelled: 'off', expired: 'off', skipped: 'off', rejected: 'bad', lost: 'bad',
}; // biome-ignore format: a table

/** Drawn into a square from 0 to 1, in the colour that is set. */
const shapes = {
  queued: (at) => disc(at, 0.18),
  offered: (at) => ring(at, 0.4),
  running: (at) => polygon(at, [0.12, 0.04], [1, 0.5], [0.12, 0.96]),
  unknown(at) {
    frame(at);
    disc(at, 0.2);
  },
  cancelling(at) {
    polygon(at, [0, 0], [1, 0], [0, 1]);
    polygon(at, [1, 0.35], [1, 1], [0.35, 1]);
  },
  // what is well stands back, so that the rest is seen
  succeeded(at) {
    at.globalAlpha = 0.7;
    at.fillRect(0, 0, 1, 1);
  },
  failed: (at) => cross(at),
  timed_out(at) {
    polygon(at, [0, 0], [1, 0], [0.5, 0.5]);
    polygon(at, [0.5, 0.5], [1, 1], [0, 1]);
  },
  cancelled: (at) => at.fillRect(0, 0.36, 1, 0.28),
  expired: (at) => frame(at),
  skipped(at) {
    at.fillRect(0.08, 0, 0.3, 1);
    at.fillRect(0.62, 0, 0.3, 1);
  },
  rejected: (at) => polygon(at, [0.5, 0], [1, 0.5], [0.5, 1], [0, 0.5]),
  lost(at) {
    frame(at);
    polygon(at, [0, 1], [0.5, 0.2], [1, 1]);
  },
};

export const states = Object.keys(shapes);

let colours;

/** The theme has changed. */
export function forgetColours() {
  colours = undefined;
}

/** @returns {(state: string) => HTMLCanvasElement} the tile of each state, `size` device pixels wide */
export function tilesOf(size) {
  colours ??= readColours();
  const made = new Map();
  for (const [state, shape] of Object.entries(shapes)) {
    const tile = document.createElement('canvas');
    tile.width = size;
    tile.height = size;
    const at = tile.getContext('2d', { willReadFrequently: true });
    at.fillStyle = colours[tones[state]];
    at.strokeStyle = at.fillStyle;
    at.scale(size, size);
    shape(at);
    made.set(state, tile);
  }
  return (state) => made.get(state);
}

/** As the badges have them: light-dark() is worked out by the browser alone, on an element. All at once, for each look costs a layout. */
function readColours() {
  const probes = ['good', 'bad', 'warn', 'busy', 'wait', 'off'].map((tone) => {
    const probe = document.createElement('span');
    probe.className = `state-${tone}`;
    probe.hidden = true;
    return [tone, probe];
  });
  document.body.append(...probes.map(([, probe]) => probe));
  const read = Object.fromEntries(probes.map(([tone, probe]) => [tone, getComputedStyle(probe).color]));
  for (const [, probe] of probes) probe.remove();
  return read;
}

function polygon(at, [x, y], ...rest) {
  at.beginPath();
  at.moveTo(x, y);
  for (const point of rest) at.lineTo(...point);
  at.fill();
}

function disc(at, radius) {
  at.beginPath();
  at.arc(0.5, 0.5, radius, 0, 2 * Math.PI);
  at.fill();
}

function ring(at, radius) {
  at.lineWidth = 0.2;
  at.beginPath();
  at.arc(0.5, 0.5, radius, 0, 2 * Math.PI);
  at.stroke();
}

function frame(at) {
  at.lineWidth = 0.2;
  at.strokeRect(0.1, 0.1, 0.8, 0.8);
}

function cross(at) {
  at.lineWidth = 0.3;
  at.lineCap = 'butt';
  at.beginPath();
  at.moveTo(0.05, 0.05);
  at.lineTo(0.95, 0.95);
  at.moveTo(0.95, 0.05);
  at.lineTo(0.05, 0.95);
  at.stroke();
}
