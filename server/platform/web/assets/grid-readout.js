// The line below the grid: who the cell under the pointer is, in which state, since when, and what it said.

import { relative } from './relative-time.js';

const restMs = 140;
const keptAnswers = 300;
/** as `visible` of the server: no colours of a terminal, and nothing that turns the text beside it around */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
const colours = /\x1b\[[\d;:]*m/g;
const odd = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

export function createReadout(line) {
  const kept = new Map();
  let timer;
  let shown = '';
  return { show };

  function show(run, index) {
    const id = run.idAt(index);
    const state = run.stateAt(index);
    const key = `${id} ${state}`;
    if (key === shown) return;
    shown = key;
    const known = kept.get(key);
    draw(run, index, known);
    clearTimeout(timer);
    // only where the pointer rests: the server is not asked about every cell on the way
    if (known === undefined) timer = setTimeout(() => void ask(run, index, key), restMs);
  }

  /** Never rejects: without an answer the line tells what the page knows itself. */
  async function ask(run, index, key) {
    try {
      const answer = await fetch(`/api/v1/executions/${run.idAt(index)}`, { cache: 'no-store' });
      if (!answer.ok) return;
      const execution = await answer.json();
      if (kept.size >= keptAnswers) kept.delete(kept.keys().next().value);
      kept.set(key, execution);
      if (shown === key) draw(run, index, execution);
    } catch {
      // the stream of the page tells that the server is away
    }
  }

  function draw(run, index, execution) {
    const link = document.createElement('a');
    link.href = `/executions/${run.idAt(index)}`;
    link.textContent = run.names[index] || 'Anyone';
    link.className = 'grid-host';
    const parts = [badgeOf(run.stateAt(index)), link];
    const since = execution && (execution.finishedAt ?? execution.startedAt ?? execution.offeredAt ?? execution.createdAt);
    if (since) {
      const time = document.createElement('time');
      time.dateTime = since;
      time.title = since.replace('T', ' ').replace('Z', ' UTC');
      time.textContent = relative(since);
      parts.push(time);
    }
    const says = execution && (execution.message || execution.reasonText);
    if (says) {
      const message = document.createElement('span');
      message.className = 'grid-message';
      message.textContent = says.replace(colours, '').replace(odd, '�');
      parts.push(message);
    }
    line.replaceChildren(...parts);
  }
}

/** The words of the counts stand on the page for every state. */
function badgeOf(state) {
  const badge = document.querySelector(`[data-legend="${CSS.escape(state)}"] .state`);
  return badge === null ? document.createTextNode(state) : badge.cloneNode(true);
}
