// Tab indents in the editor, so there is another way out for who works without a mouse: Esc, then Tab.

import { setIgnoreTab } from './code-editor/extensions/commands/index.js';

/** @param hint what tells of the keys, for eyes and for screen readers */
export function leaveByTab(textarea, hint) {
  textarea.setAttribute('aria-describedby', hint.id);
  // before the editor's own listener, which takes the key
  textarea.addEventListener('keydown', (event) => hear(event.key, hint), { capture: true });
  textarea.addEventListener('blur', () => set(false, hint));
}

function hear(key, hint) {
  if (key === 'Escape') set(true, hint);
  else if (key !== 'Tab' && key !== 'Shift') set(false, hint);
}

function set(isLeaving, hint) {
  setIgnoreTab(isLeaving);
  hint.classList.toggle('is-leaving', isLeaving);
}
