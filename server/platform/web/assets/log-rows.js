// Rows of a log as elements. Text is only ever put in as text, whatever it holds; colours are set by script, not in markup.

import { lookOf } from './log-ansi.js';

const marks = { out: '', err: 'err', log: 'log', cut: 'cut' };

export function pageElement(rows) {
  const block = document.createElement('div');
  block.className = 'log-page';
  block.append(...rows.map(rowElement));
  return block;
}

export function rowElement({ number, stream, at, parts }) {
  const row = made('div', `log-row log-${stream}`);
  if (number !== null) {
    row.id = `L${number}`;
    const link = made('a', 'log-number');
    link.href = `#L${number}`;
    link.dataset.n = number;
    link.tabIndex = -1;
    link.setAttribute('aria-label', `Line ${number}`);
    row.append(link);
  } else row.append(made('span', 'log-number'));
  const time = made('span', 'log-time');
  time.dataset.at = at.slice(11, 23);
  time.title = `${at.replace('T', ' ').replace('Z', '')} UTC`;
  const mark = made('span', 'log-mark');
  mark.dataset.mark = marks[stream] ?? stream;
  const text = made('span', 'log-text');
  text.append(...parts.map(partNode));
  row.append(time, mark, text);
  return row;
}

function partNode({ text, style, odd }) {
  if (odd !== undefined) {
    const shown = made('span', 'log-odd');
    shown.title = odd;
    shown.textContent = text;
    return shown;
  }
  const { classes, colours } = lookOf(style);
  if (classes.length === 0 && colours === null) return document.createTextNode(text);
  const shown = made('span', classes.join(' '));
  if (colours !== null) {
    shown.style.color = colours.color;
    if (colours.background !== '') shown.style.backgroundColor = colours.background;
  }
  shown.textContent = text;
  return shown;
}

function made(name, className) {
  const element = document.createElement(name);
  if (className !== '') element.className = className;
  return element;
}
