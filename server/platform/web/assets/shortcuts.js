// The list of keys, made from what the page has: a section that the reader may not see has no key.

import { areKeysOff, turnKeys } from './keys-choice.js';

let dialog = null;

export function showShortcuts() {
  dialog ??= create();
  if (!dialog.open) dialog.showModal();
}

function create() {
  const made = element('dialog', { className: 'sheet', ariaLabel: 'Keyboard shortcuts' });
  const sections = [...document.querySelectorAll('.sidebar [data-go]')].map((link) => [['g', link.dataset.go], link.textContent]);
  const on = element('input', { type: 'checkbox', className: 'form-check-input', id: 'keys-on', checked: !areKeysOff() });
  on.addEventListener('change', () => turnKeys(on.checked));
  const label = element('label', { className: 'form-check form-switch keys-switch' }, on);
  label.append(element('span', { className: 'form-check-label' }, 'Single-key shortcuts'));
  const close = element('button', { type: 'button', className: 'btn' }, 'Close');
  close.addEventListener('click', () => made.close());
  made.append(
    element('h2', {}, 'Keyboard'),
    element(
      'div',
      { className: 'keys-columns' },
      list('Anywhere', [
        [[/Mac/.test(navigator.platform) ? '⌘' : 'Ctrl', 'K'], 'Search and commands'],
        [['/'], 'Search'],
        [['?'], 'This list'],
        [['Esc'], 'Close'],
        [['j', 'k'], 'Along a list, down and up'],
        [['↓', '↑'], 'The same, once a row has the focus'],
        [['Enter'], 'Open what has the focus'],
      ]),
      list('Go to', sections),
    ),
    element('div', { className: 'sheet-foot' }, label, close),
  );
  made.addEventListener('click', (event) => {
    if (event.target === made) made.close();
  });
  document.body.append(made);
  return made;
}

function list(heading, rows) {
  const entries = rows.map(([keys, text]) => {
    const shown = keys.flatMap((key, index) => [...(index > 0 ? [' '] : []), element('kbd', {}, key)]);
    return element('div', {}, element('dt', {}, ...shown), element('dd', {}, text));
  });
  return element('section', {}, element('h3', {}, heading), element('dl', { className: 'keys' }, ...entries));
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}
