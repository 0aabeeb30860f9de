// The form of a task: what the server tells of what was typed is put in place while it is typed, and the buttons that only draw the form
// again do so without a new page. The answers are those that the same buttons get without script.

import { openIn, reopenIn, swapPart } from './task-form-parts.js';
import { watchUnsaved } from './task-form-unsaved.js';

const form = document.querySelector('[data-task-form]');
const note = form.querySelector('[data-form-note]');
const owner = form.querySelector('[data-owner]');
const unsaved = watchUnsaved(form);
const pauseMs = 250;
/** What is told of the form, beside its inputs. */
const told = ['owner', 'firings', 'changes', 'json-problem'];
let timer = 0;
let asking = false;
let askAgain = false;

const part = (name, root = document) => root.querySelector(`[data-part="${name}"]`);
const posted = (intent) => new URLSearchParams([...new FormData(form), ['intent', intent]]);

/** The page that the server would answer; undefined, and told in place, where there is none to be had. */
async function answerTo(intent) {
  try {
    const headers = { 'x-muster-fragment': '1' };
    // `form.action` is the input of this name
    const response = await fetch(form.getAttribute('action'), {
      method: 'POST',
      body: posted(intent),
      headers,
      redirect: 'error',
    });
    const text = await response.text();
    if (response.headers.get('content-type')?.startsWith('text/html') !== true || !text.includes('data-task-form')) {
      note.textContent = faultOf(response.status);
      return undefined;
    }
    note.textContent = '';
    return new DOMParser().parseFromString(text, 'text/html');
  } catch {
    note.textContent = 'The server cannot be reached; what is typed stays here.';
    return undefined;
  }
}

const faultOf = (status) =>
  status === 401
    ? 'The session has ended: sign in again in another tab; what is typed stays here.'
    : status === 403
      ? 'Your role may not do this any more; what is typed stays here.'
      : `The server answered ${status}; what is typed stays here.`;

function soon() {
  clearTimeout(timer);
  timer = setTimeout(() => void tell(), pauseMs);
}

/** One question at a time; what is typed meanwhile leads to one more. */
async function tell() {
  if (asking) {
    askAgain = true;
    return;
  }
  asking = true;
  const before = posted('check').toString();
  const page = await answerTo('check');
  asking = false;
  // an answer to what was typed before is worth nothing
  if (askAgain || posted('check').toString() !== before) {
    askAgain = false;
    soon();
    return;
  }
  if (page !== undefined) show(page);
}

function show(page) {
  for (const name of told) swapPart(part(name), part(name, page));
  owner.classList.toggle('is-invalid', part('owner').querySelector('.field-problem') !== null && owner.value.trim() !== '');
}

/** One after the other: each starts from what the one before has drawn. */
let drawn = Promise.resolve();
let switching;

function redrawNext(intent, focusOn) {
  const next = () => redraw(intent, focusOn);
  drawn = drawn.then(next, next);
  return drawn;
}

/** A second click while the form is on its way to the other view means the first one. */
async function switchTo(view) {
  if (switching === view) return;
  switching = view;
  await redrawNext(view, () => form.querySelector('[data-switch]'));
  switching = undefined;
}

/** A button that draws the arguments anew. What was typed during the answer must not be lost, so such an answer is asked for again. */
async function redraw(intent, focusOn) {
  for (let tries = 0; tries < 5; tries += 1) {
    const before = posted(intent).toString();
    const page = await answerTo(intent);
    if (page === undefined) return;
    if (posted(intent).toString() !== before) continue;
    const wasClean = unsaved.isClean();
    const place = part('args');
    const opened = openIn(place);
    place.replaceChildren(...[...part('args', page).childNodes].map((node) => document.importNode(node, true)));
    reopenIn(place, opened);
    show(page);
    // only looked at otherwise
    if (wasClean && (intent === 'json' || intent === 'fields')) unsaved.begin();
    focusOn()?.focus();
    return;
  }
}

form.addEventListener('input', soon);
form.addEventListener('change', soon);
// a page that comes back may have what was typed in it before
addEventListener('pageshow', () => {
  if ([...form.elements].some((input) => 'defaultValue' in input && input.value !== input.defaultValue)) soon();
});
form.addEventListener('click', (event) => {
  const button = event.target instanceof Element ? event.target.closest('button[name="intent"]') : null;
  if (button === null || button.value === 'save') return;
  const [verb, key] = button.value.split(':', 2);
  if (verb === 'owner') {
    event.preventDefault();
    chooseOwner(key);
  } else if (verb === 'json' || verb === 'fields') {
    event.preventDefault();
    void switchTo(verb);
  } else if (verb === 'add' || verb === 'remove') {
    event.preventDefault();
    const rows = () => form.querySelector(`[data-rows="${CSS.escape(key)}"]`);
    const added = () => rows()?.querySelector(':scope > li:last-child :is(input:not([type="hidden"]), select, textarea)');
    void redrawNext(button.value, () => (verb === 'add' ? added() : rows()?.parentElement.querySelector(':scope > button')));
  }
});

// ALL and Anyone are pressed while they stand in the field
owner.addEventListener('input', showKind);
owner.addEventListener('input', suggestSoon);

function chooseOwner(word) {
  owner.value = word;
  owner.dispatchEvent(new Event('input', { bubbles: true }));
}

function showKind() {
  for (const button of form.querySelectorAll('[data-owner-kind]'))
    button.setAttribute('aria-pressed', String(button.dataset.ownerKind === owner.value.trim()));
}

// names that hold what was typed: of ten thousand hosts, those that may be meant
const standing = [...part('owners').children];
let suggestTimer = 0;

function suggestSoon() {
  clearTimeout(suggestTimer);
  suggestTimer = setTimeout(() => void suggest(owner.value.trim()), pauseMs);
}

/** Never rejects: without suggestions the form is as good. */
async function suggest(text) {
  if (!/^[\w.-]{1,60}$/.test(text)) return;
  try {
    const answer = await fetch(`/api/v1/owners/preview?owner=${encodeURIComponent(`*${text}*`)}`);
    if (!answer.ok || owner.value.trim() !== text) return;
    const { names } = await answer.json();
    const options = names.slice(0, 20).map((name) => Object.assign(document.createElement('option'), { value: name }));
    part('owners').replaceChildren(...standing, ...options);
  } catch {
    // told by the form itself, which asks the same server
  }
}
