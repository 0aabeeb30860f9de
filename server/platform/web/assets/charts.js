// The charts of one host. The library is fetched here alone, when there is something to draw. Colours are those of the page, asked for
// at each drawing, so that they follow the theme; numbers under the cursor are in the heading of each chart.

const longestPauseMs = 60_000;
const shortestPauseMs = 10_000;

const parts = document.querySelector('[data-charts]');
const paint = document.createElement('span');

const percent = (value) => `${value.toFixed(1)} %`;
const perSecond = (value) => `${bytes(value)}/s`;

/** What each figure shows; `band` is drawn quietly behind the line. */
const plans = {
  cpu: { lines: [{ name: 'cpuPercent', label: '' }], band: 'cpuMaxPercent', say: percent, top: 100 },
  memory: { lines: [{ name: 'memoryPercent', label: '' }], say: percent, top: 100 },
  disk: { lines: [{ name: 'diskPercent', label: '' }], say: percent, top: 100 },
  load: { lines: [{ name: 'load1', label: '' }], say: (value) => value.toFixed(2), least: 1 },
  network: {
    lines: [
      { name: 'networkReceiveBytesPerSecond', label: 'in ' },
      { name: 'networkTransmitBytesPerSecond', label: 'out ', bare: true, colour: '--wait' },
    ],
    say: perSecond,
    least: 1024,
    base: 2,
  },
};

if (parts) void begin();

async function begin() {
  paint.hidden = true;
  document.body.append(paint);
  const [data] = await Promise.all([read(), loadLibrary()]);
  if (data === undefined) return;
  const charts = [...parts.querySelectorAll('[data-chart]')].map((figure) => createChart(figure, data));
  keepFresh(charts, data.stepSeconds);
  const redraw = () => {
    for (const { plot } of charts) plot.redraw();
  };
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ['data-bs-theme'] });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
}

/** Never rejects; undefined when the server is away or refuses. */
async function read() {
  const { agent, range } = parts.dataset;
  try {
    const answer = await fetch(`/api/v1/agents/${agent}/metrics?range=${range}`, { cache: 'no-store' });
    return answer.ok ? await answer.json() : undefined;
  } catch {
    return undefined;
  }
}

function loadLibrary() {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = new URL('./uplot.js', import.meta.url).href;
    script.addEventListener('load', resolve);
    script.addEventListener('error', reject);
    document.head.append(script);
  });
}

function keepFresh(charts, stepSeconds) {
  const pause = Math.min(longestPauseMs, Math.max(shortestPauseMs, stepSeconds * 1000));
  let readAt = Date.now();
  const refresh = async () => {
    if (document.hidden || Date.now() - readAt < shortestPauseMs) return;
    readAt = Date.now();
    const data = await read();
    if (data !== undefined) for (const chart of charts) chart.show(data);
  };
  setInterval(() => void refresh(), pause);
  document.addEventListener('visibilitychange', () => void refresh());
}

function createChart(figure, first) {
  const plan = plans[figure.dataset.chart];
  const told = figure.querySelector('.chart-value');
  const place = figure.querySelector('.plot');
  const names = [...(plan.band ? [plan.band] : []), ...plan.lines.map(({ name }) => name)];
  let data = first;

  const columns = () => {
    const from = Date.parse(data.from) / 1000;
    return [data.series[names[0]].map((_, index) => from + index * data.stepSeconds), ...names.map((name) => data.series[name])];
  };

  /** The values at a step, or the last ones that are known. */
  function tell(at) {
    const said = plan.lines.flatMap(({ name, label, bare }) => {
      const value = at === undefined ? data.series[name].findLast((one) => one !== null) : data.series[name][at];
      return value === null || value === undefined
        ? []
        : [keyed(label && (bare ? 'key-line' : 'key-area'), `${label}${plan.say(value)}`)];
    });
    const time = at === undefined ? [] : [keyed('', moment(Date.parse(data.from) + at * data.stepSeconds * 1000))];
    told.replaceChildren(...time, ...(said.length > 0 ? said : [keyed('', 'not known')]));
  }

  const plot = new globalThis.uPlot(
    {
      width: place.clientWidth,
      height: place.clientHeight,
      // at the right half of the last mark of the axis
      padding: [8, 20, 0, 0],
      legend: { show: false },
      cursor: {
        sync: { key: 'host' },
        drag: { x: false, y: false },
        points: { size: 6, stroke: () => colour('--surface'), width: 1.5, fill: (_, index) => colour(colourOf(index)) },
        y: false,
      },
      scales: { y: { range: (_, __, most) => [0, plan.top ?? Math.max(plan.least, (most ?? 0) * 1.1)] } },
      axes: [
        {
          stroke: () => colour('--soft'),
          grid: { show: false },
          ticks: { stroke: () => colour('--line'), size: 4, width: 1 },
          size: 24,
          gap: 4,
          space: 64,
          font: axisFont(),
          values: (_, splits, __, ___, increment) => splits.map((at) => mark(at * 1000, increment)),
        },
        {
          stroke: () => colour('--soft'),
          grid: { stroke: () => colour('--line'), width: 1 },
          ticks: { show: false },
          size: plan.base === 2 ? 64 : 42,
          gap: 4,
          space: 28,
          font: axisFont(),
          incrs: plan.base === 2 ? powersOfTwo : undefined,
          values: (_, splits) =>
            splits.map((value) => (plan.top ? `${value} %` : plan.base === 2 ? perSecond(value) : String(value))),
        },
      ],
      series: [
        {},
        ...names.map((_, index) => ({
          stroke: () => (isBand(index) ? 'transparent' : colour(colourOf(index + 1))),
          fill: () => shade(colourOf(index + 1), isBand(index) ? 14 : lineOf(index)?.bare ? 0 : 10),
          width: isBand(index) ? 0 : 1.5,
          points: { show: false },
        })),
      ],
      hooks: { setCursor: [(self) => tell(self.cursor.idx ?? undefined)] },
    },
    columns(),
    place,
  );

  function isBand(index) {
    return plan.band !== undefined && index === 0;
  }
  function lineOf(index) {
    return plan.lines[index - (plan.band ? 1 : 0)];
  }
  function colourOf(series) {
    return lineOf(series - 1)?.colour ?? '--accent';
  }

  new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: place.clientHeight })).observe(place);
  tell(undefined);
  return {
    plot,
    show(fresh) {
      data = fresh;
      plot.setData(columns());
      if (plot.cursor.idx === null || plot.cursor.idx === undefined) tell(undefined);
    },
  };
}

/** A piece of a heading; lines that share a chart have a key of their own colour and form. */
function keyed(look, text) {
  const piece = document.createElement('span');
  if (look) piece.className = look;
  piece.textContent = text;
  return piece;
}

/** A colour of the page in a form that a canvas understands, whatever the theme. */
function colour(variable) {
  paint.style.color = `var(${variable})`;
  return getComputedStyle(paint).color;
}

function shade(variable, share) {
  paint.style.color = `color-mix(in srgb, var(${variable}) ${share}%, transparent)`;
  return getComputedStyle(paint).color;
}

function axisFont() {
  return `11px ${getComputedStyle(document.body).fontFamily}`;
}

const powersOfTwo = Array.from({ length: 45 }, (_, power) => 2 ** power);

function bytes(value) {
  if (value < 1024) return `${Math.round(value)} B`;
  const exponent = Math.min(4, Math.floor(Math.log2(value) / 10));
  const scaled = value / 1024 ** exponent;
  return `${scaled < 10 && !Number.isInteger(scaled) ? scaled.toFixed(1) : Math.round(scaled)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][exponent]}`;
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const full = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

const moment = (ms) => full.format(ms);

/** Of the axis: the time of day, and the day where it begins. */
function mark(ms, increment) {
  const at = new Date(ms);
  return increment >= 86_400 || (at.getHours() === 0 && at.getMinutes() === 0) ? day.format(ms) : clock.format(ms);
}
