// The plugin editor: highlights each text where it stands, shows one file at a time, and has the server check while one types. The form
// with its plain textareas stays underneath: without this script it does all the same.

import { defaultCommands } from './code-editor/extensions/commands/index.js';
import { createEditor } from './code-editor/index.js';
import { leaveByTab } from './plugin-editor-keys.js';

const form = document.querySelector('.plugin-editor');
const list = document.querySelector('[data-problems]');
const state = document.querySelector('[data-problems-state]');
const links = [...document.querySelectorAll('[data-file]')];
const sections = [...document.querySelectorAll('[data-code-file]')];
const pauseMs = 500;
const languages = {
  js: 'javascript', mjs: 'javascript', cjs: 'javascript', ts: 'typescript', mts: 'typescript', cts: 'typescript', json: 'json', py: 'python',
  sh: 'bash', bash: 'bash', ps1: 'powershell', md: 'markdown', sql: 'sql', yml: 'yaml', yaml: 'yaml',
}; // biome-ignore format: a table
let timer = 0;
let asked = 0;
let changed = 'unsaved' in form.dataset;
let problems = [];

/** Where a text cannot be highlighted, it is edited as it is. */
const editors = new Map();
const hint = document.querySelector('[data-editor-keys]');
hint.hidden = false;
// where somebody began already, before this script was there
const begun = sections.findIndex((section) => section.contains(document.activeElement));
for (const section of sections) {
  const text = section.querySelector('[data-code]');
  section.querySelector('[data-path]').addEventListener('input', () => {
    links[sections.indexOf(section)].lastElementChild.textContent = pathOf(section);
    editors.get(section)?.textarea.setAttribute('aria-label', `Text of ${pathOf(section)}`);
    touched();
  });
  await highlight(section, text);
}
for (const link of links)
  link.addEventListener('click', (event) => {
    event.preventDefault();
    open(Number(link.dataset.file));
  });
document.querySelector('[data-check]').addEventListener('click', (event) => {
  event.preventDefault();
  void ask();
});
form.addEventListener('submit', () => {
  changed = false;
});
window.addEventListener('beforeunload', (event) => {
  if (changed) event.preventDefault();
});
open(begun === -1 ? Number(document.querySelector('[data-open]').value) || 0 : begun);
await ask();

function pathOf(section) {
  return section.querySelector('[data-path]').value.trim();
}

async function highlight(section, text) {
  const language = languages[/\.(\w+)$/.exec(pathOf(section))?.[1] ?? ''];
  if (language !== undefined) await import(`./code-editor/prism/languages/${language}.js`);
  const place = document.createElement('div');
  text.before(place);
  const editor = createEditor(
    place,
    {
      language: language ?? 'text',
      value: text.value,
      tabSize: 2,
      insertSpaces: true,
      lineNumbers: true,
      onUpdate(value) {
        if (text.value !== value) {
          text.value = value;
          touched();
        }
        mark(section);
      },
    },
    defaultCommands(),
  );
  editor.textarea.setAttribute('aria-label', `Text of ${pathOf(section)}`);
  leaveByTab(editor.textarea, hint);
  // the plain text that it replaces may be where somebody is
  if (document.activeElement === text) {
    editor.textarea.focus({ preventScroll: true });
    editor.textarea.setSelectionRange(text.selectionStart, text.selectionEnd);
  }
  text.hidden = true;
  editors.set(section, editor);
}

function open(wanted) {
  const at = sections[wanted] === undefined ? 0 : wanted;
  for (const [index, section] of sections.entries()) section.hidden = index !== at;
  for (const [index, link] of links.entries()) {
    if (index === at) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
  document.querySelector('[data-open]').value = String(at);
}

function touched() {
  changed = true;
  clearTimeout(timer);
  timer = setTimeout(() => void ask(), pauseMs);
}

/** Never rejects: what goes wrong is told beside the problems. */
async function ask() {
  asked += 1;
  const mine = asked;
  const data = new FormData(form);
  const draft = {
    base: data.get('base') || null,
    files: sections.map((section) => {
      const number = section.dataset.codeFile;
      return { path: pathOf(section), was: data.get(`was.${number}`) || null, text: data.get(`text.${number}`) ?? '' };
    }),
    removed: data.getAll('removed'),
  };
  try {
    const answer = await fetch(`/api/v1/plugins/${form.dataset.plugin}/check`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-csrf-token': data.get('csrf') },
      body: JSON.stringify(draft),
    });
    const body = await answer.json();
    // an answer about what was typed before is worth nothing
    if (mine !== asked) return;
    if (!answer.ok) state.textContent = body.detail;
    else {
      show(body.problems);
      document.querySelector('[data-meanwhile]').hidden = data.get('base') === '' || body.current === data.get('base');
    }
  } catch {
    if (mine === asked) state.textContent = 'The server cannot be reached.';
  }
}

function show(found) {
  problems = found;
  const errors = found.filter(({ level }) => level === 'error').length;
  const warnings = found.length - errors;
  const parts = [
    [errors, 'error'],
    [warnings, 'warning'],
  ].filter(([count]) => count > 0);
  state.textContent = parts.map(([count, word]) => `${count} ${word}${count === 1 ? '' : 's'}`).join(', ') || 'none found';
  list.replaceChildren(...found.map(itemOf));
  for (const [at, section] of sections.entries()) {
    links[at].classList.toggle(
      'has-problem',
      found.some(({ file }) => file === pathOf(section)),
    );
    mark(section);
  }
}

function itemOf(problem) {
  const { level, file, line, column, message } = problem;
  const item = document.createElement('li');
  item.className = `problem-${level}`;
  const icons = document.querySelector('[data-problem-icons]').content;
  const word = document.createElement('span');
  word.className = 'visually-hidden';
  word.textContent = level;
  const jump = document.createElement('button');
  jump.type = 'button';
  jump.textContent = [file, line, column].filter((part) => part !== null).join(':');
  jump.addEventListener('click', () => go(problem));
  const text = document.createElement('span');
  text.textContent = message;
  item.append(icons.querySelector(`[data-icon="${level}"]`).firstElementChild.cloneNode(true), word, jump, text);
  return item;
}

function go({ file, line, column }) {
  const at = sections.findIndex((section) => pathOf(section) === file);
  if (at === -1) return;
  open(at);
  const editor = editors.get(sections[at]);
  const before = editor.value.split('\n').slice(0, (line ?? 1) - 1);
  const offset = before.reduce((sum, text) => sum + text.length + 1, 0) + (column ?? 1) - 1;
  editor.textarea.focus();
  editor.textarea.setSelectionRange(offset, offset);
  editor.lines[line ?? 1]?.scrollIntoView({ block: 'nearest' });
}

/** The editor draws a line anew when its text changes. */
function mark(section) {
  const editor = editors.get(section);
  if (editor === undefined) return;
  const path = pathOf(section);
  const at = new Set(problems.filter(({ file, level }) => file === path && level === 'error').map(({ line }) => line));
  for (const [number, line] of [...editor.lines].entries()) if (number > 0) line.classList.toggle('line-problem', at.has(number));
}
