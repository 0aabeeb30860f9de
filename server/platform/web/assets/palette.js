// The command palette: sections and actions from the page at once, and what the search finds as it comes. The field has the focus all the
// while; the arrows move the choice (`aria-activedescendant`), Enter opens it, Escape closes.

const sprite = new URL('icons.svg', import.meta.url).pathname;
const waitMs = 120;
const headings = {
  go: 'Go to',
  do: 'Actions',
  agent: 'Agents',
  task: 'Tasks',
  plugin: 'Plugins',
  run: 'Runs',
  execution: 'Executions',
};
const icons = { agent: 'server-2', task: 'checklist', plugin: 'puzzle', run: 'stack-2', execution: 'list-details' };

let parts = null;
let chosen = null;
let timer = 0;
let asking = new AbortController();

export function showPalette() {
  parts ??= create();
  if (parts.dialog.open) return;
  parts.input.value = '';
  chosen = null;
  draw([]);
  parts.dialog.showModal();
  parts.input.focus();
}

function create() {
  const dialog = document.createElement('dialog');
  dialog.className = 'palette';
  dialog.setAttribute('aria-label', 'Search and commands');
  dialog.innerHTML =
    '<div class="palette-field"><input type="text" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-autocomplete="list" aria-label="Search and commands" autocomplete="off" spellcheck="false" maxlength="200" placeholder="Search by name or id, or type a command"><kbd>Esc</kbd></div><div class="palette-list" id="palette-list" role="listbox" aria-label="What there is"></div><p class="palette-note" role="status"></p>';
  document.body.append(dialog);
  const found = {
    dialog,
    input: dialog.querySelector('input'),
    list: dialog.querySelector('.palette-list'),
    note: dialog.querySelector('.palette-note'),
  };
  dialog.querySelector('.palette-field').prepend(iconOf('search'));
  found.input.addEventListener('input', changed);
  found.input.addEventListener('keydown', pressed);
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener('close', () => asking.abort());
  return found;
}

function changed() {
  draw([]);
  clearTimeout(timer);
  asking.abort();
  const text = parts.input.value.trim();
  if (text !== '') timer = setTimeout(() => void ask(text), waitMs);
}

async function ask(text) {
  asking = new AbortController();
  try {
    const answer = await fetch(`/api/v1/search?${new URLSearchParams({ q: text })}`, {
      signal: asking.signal,
      cache: 'no-store',
    });
    if (answer.status === 401) return say('Your session ended: load the page anew to sign in.');
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const { items } = await answer.json();
    draw(items);
  } catch (error) {
    if (error.name !== 'AbortError') say('The search could not be asked; try again.');
  }
}

/** Commands stay where they are when the results come below them, and so does the choice. */
function draw(items) {
  const text = parts.input.value.trim();
  const before = chosen?.getAttribute('href');
  const options = [...commandsFor(text), ...items.map(ofItem)];
  const groups = Map.groupBy(options, ({ kind }) => kind);
  let number = 0;
  const drawn = [...groups].flatMap(([kind, group]) => {
    const heading = document.createElement('div');
    heading.className = 'palette-heading';
    heading.setAttribute('role', 'presentation');
    heading.textContent = headings[kind];
    return [heading, ...group.map((option) => drawOption(option, `palette-${number++}`))];
  });
  parts.list.replaceChildren(...drawn);
  const links = optionsNow();
  choose(links.find((link) => link.getAttribute('href') === before) ?? links[0] ?? null, false);
  say(text !== '' && options.length === 0 ? 'Nothing found yet. Enter searches everything.' : '');
}

function commandsFor(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const all = [
    ...[...document.querySelectorAll('.sidebar [data-go]')].map((link) => ({
      kind: 'go', name: link.textContent.trim(), href: link.getAttribute('href'), icon: link.dataset.icon, keys: `g ${link.dataset.go}`, also: '',
    })),
    ...[...(document.getElementById('commands')?.content.querySelectorAll('a') ?? [])].map((link) => ({
      kind: 'do', name: link.textContent, href: link.getAttribute('href'), icon: link.dataset.icon, also: link.dataset.also,
    })),
  ]; // biome-ignore format: two tables
  const fits = ({ name, also }) =>
    words.every((word) =>
      `${name} ${also}`
        .toLowerCase()
        .split(/\s+/)
        .some((part) => part.startsWith(word)),
    );
  return words.length === 0 ? all : all.filter(fits).slice(0, 6);
}

const ofItem = ({ kind, id, name, note, state }) => ({
  kind, name, icon: icons[kind], href: `/${kind}s/${encodeURIComponent(id)}`, note: state === null ? note : `${state.replaceAll('_', ' ')} · ${note}`,
}); // biome-ignore format: a row

function drawOption({ name, href, icon, note, keys }, id) {
  const link = document.createElement('a');
  Object.assign(link, { id, href, tabIndex: -1, className: 'palette-option' });
  link.setAttribute('role', 'option');
  const title = document.createElement('span');
  title.className = 'palette-name';
  title.textContent = name;
  link.append(iconOf(icon), title);
  if (note || keys) {
    const more = document.createElement(keys ? 'kbd' : 'small');
    more.textContent = note ?? keys;
    link.append(more);
  }
  link.addEventListener('pointermove', () => choose(link, false));
  return link;
}

function pressed(event) {
  const links = optionsNow();
  const at = links.indexOf(chosen);
  const moves = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + 8, PageUp: at - 8 };
  if (event.key in moves && links.length > 0) {
    const wrapped = event.key.startsWith('Page')
      ? Math.min(links.length - 1, Math.max(0, moves[event.key]))
      : (moves[event.key] + links.length) % links.length;
    choose(links[wrapped], true);
  } else if (event.key === 'Enter' && !event.isComposing) {
    if (chosen !== null) open(chosen.href, event);
    else if (parts.input.value.trim() !== '') open(`/search?${new URLSearchParams({ q: parts.input.value.trim() })}`, event);
  } else return;
  event.preventDefault();
}

function open(href, event) {
  if (event.ctrlKey || event.metaKey) window.open(href, '_blank', 'noopener');
  else {
    parts.dialog.close();
    location.assign(href);
  }
}

const optionsNow = () => [...parts.list.querySelectorAll('.palette-option')];

function choose(link, scroll) {
  if (chosen !== link) chosen?.removeAttribute('aria-selected');
  chosen = link;
  if (link === null) return parts.input.removeAttribute('aria-activedescendant');
  link.setAttribute('aria-selected', 'true');
  parts.input.setAttribute('aria-activedescendant', link.id);
  if (scroll) link.scrollIntoView({ block: 'nearest' });
}

function say(text) {
  parts.note.textContent = text;
}

function iconOf(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `${sprite}#${name}`);
  svg.append(use);
  return svg;
}
