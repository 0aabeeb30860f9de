// Runs in the page before any script of it. Times in ms since the navigation began.
const tasks = [];
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) tasks.push({ start: startTime, ms: duration });
}).observe({ type: 'longtask', buffered: true });

let interactive = Number.NaN;
let lastFrame = 0;
let longestFrame = 0;
function frame(time) {
  if (!Number.isNaN(interactive)) longestFrame = Math.max(longestFrame, time - lastFrame);
  else if (document.querySelector('[data-grid].is-ready') !== null) interactive = time;
  lastFrame = time;
  requestAnimationFrame(frame);
}
requestAnimationFrame(frame);

const longest = (of) => Math.max(0, ...of.map(({ ms }) => ms));
globalThis.bench = {
  ended: () => Number(document.querySelector('[data-ended]').textContent.replaceAll(/\D/g, '')),
  observed: () => ({
    firstByte: performance.getEntriesByType('navigation')[0].responseStart,
    firstPaint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
    interactive,
    longestTaskAtOpening: longest(tasks.filter(({ start }) => start < interactive)),
    longestTask: longest(tasks.filter(({ start }) => start >= interactive)),
    longestFrame,
  }),
};
