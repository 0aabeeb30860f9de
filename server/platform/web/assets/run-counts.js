/** Puts the counts of a run where the page shows them: progress, bar and one figure per state. */
export function showCounts(run) {
  const ended = run.ended();
  setText('[data-ended]', ended);
  let from = 0;
  for (const part of document.querySelectorAll('.run-bar [data-part]')) {
    const count = run.counts.get(part.dataset.part) ?? 0;
    const width = (count / Math.max(1, run.size)) * 100;
    part.setAttribute('x', `${from}%`);
    part.setAttribute('width', `${width}%`);
    from += width;
  }
  for (const figure of document.querySelectorAll('[data-count]')) {
    const count = run.counts.get(figure.dataset.count) ?? 0;
    const text = count.toLocaleString('en');
    if (figure.textContent !== text) figure.textContent = text;
    figure.closest('li').hidden = count === 0;
  }
}

function setText(selector, count) {
  const element = document.querySelector(selector);
  const text = count.toLocaleString('en');
  if (element !== null && element.textContent !== text) element.textContent = text;
}
