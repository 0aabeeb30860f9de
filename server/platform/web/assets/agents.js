// The list of agents: a count while the filter is typed, ticks for tagging, the choice of table or cards for the next visit, and fresh
// numbers in place. Without script each of these is a form or a link.

import { morphChildren } from './morph.js';

const typingMs = 250;
/** heartbeats come every ten seconds from each host: more often there is little to see */
const freshEveryMs = 5000;

const filter = document.querySelector('[data-agent-filter]');
const list = document.querySelector('[data-agent-list]');

countWhileTyping(filter.elements.target, filter.querySelector('#target-says'));
rememberLook();
if (list) countTicks();
setInterval(() => void freshNumbers(), freshEveryMs);

function countWhileTyping(input, says) {
  let timer;
  let asked = 0;
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => void tell(), typingMs);
  });

  /** Never rejects: who cannot be asked is asked by the form. */
  async function tell() {
    asked += 1;
    const own = asked;
    const { value } = input;
    // what is told belongs to what stands in the field, until the filter is applied
    says.removeAttribute('data-live');
    try {
      const answer = await fetch(`/api/v1/agents/count?${new URLSearchParams({ target: value })}`);
      const body = await answer.json();
      if (own !== asked) return;
      const problem = answer.status === 422 || answer.status === 400;
      if (!answer.ok && !problem) return;
      input.classList.toggle('is-invalid', problem);
      input.toggleAttribute('aria-invalid', problem);
      says.classList.toggle('is-problem', problem);
      if (problem) says.textContent = body.column ? `Column ${body.column}: ${body.detail}` : body.detail;
      else
        says.textContent = `${body.matched.toLocaleString('en')} of ${body.total.toLocaleString('en')} hosts, ${body.byStatus.Online.toLocaleString('en')} online`;
    } catch {
      // the server is away
    }
  }
}

function rememberLook() {
  document.addEventListener('click', (event) => {
    const look = event.target instanceof Element ? event.target.closest('[data-look]')?.dataset.look : undefined;
    if (look === undefined) return;
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing on plain HTTP
    document.cookie = `muster_agents=${look}; path=/; max-age=31536000; samesite=lax`;
  });
}

function countTicks() {
  const ticks = () => [...list.querySelectorAll('input[name="agent"]')];
  const told = list.querySelector('[data-picked]');
  list.addEventListener('change', (event) => {
    const box = event.target;
    if (box.matches('[data-pick-all]')) for (const tick of ticks()) tick.checked = box.checked;
    if (!box.matches('[data-pick-all], [name="agent"]')) return;
    const count = ticks().filter(({ checked }) => checked).length;
    const all = list.querySelector('[data-pick-all]');
    if (all) {
      all.checked = count > 0 && count === ticks().length;
      all.indeterminate = count > 0 && count < ticks().length;
    }
    if (told) told.textContent = `(${count})`;
    const scope = list.querySelector('[name="scope"][value="ticked"]');
    if (scope && count > 0) scope.checked = true;
  });
}

/** Never rejects: the live stream of the page tells when the server is away or the session has ended. */
async function freshNumbers() {
  const shown = document.querySelector('[data-live="agents"]');
  if (document.hidden || shown === null || 'shut' in document.body.dataset) return;
  try {
    const answer = await fetch(location.href, { headers: { 'x-muster-fragment': '1' }, redirect: 'manual', cache: 'no-store' });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('[data-live="agents"]');
    if (fresh !== null && getSelection()?.isCollapsed !== false) morphChildren(shown, fresh);
  } catch {
    // the next time
  }
}
