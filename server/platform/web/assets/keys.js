// The keyboard. Ctrl+K (⌘K) opens the palette; the others are single keys, which can be turned off (who speaks to the computer, or has a
// hand that trembles, would set them off by accident), and none of which does anything while somebody types.
//
//   /  search     g then a letter  go to a section     j k, arrows  along a list, Enter opens     ?  all keys     Escape  closes

import { areKeysOff } from './keys-choice.js';
import { moveAlong } from './list-keys.js';

const goWithinMs = 3000;
let goUntil = 0;

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !event.shiftKey) {
    event.preventDefault();
    void openPalette();
    return;
  }
  if (event.ctrlKey || event.metaKey || isTyping(event.target) || document.querySelector('dialog[open]') !== null) return;
  if (areKeysOff()) return;
  if (pressed(event.key, event.target)) event.preventDefault();
});

document.addEventListener('click', (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest('[data-shortcuts]')) void openShortcuts();
  const link = target?.closest('[data-palette]');
  // a new tab is what somebody asked for
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  void openPalette();
});

/** @returns whether the key meant something */
function pressed(key, target) {
  if (performance.now() < goUntil) {
    goUntil = 0;
    const link = document.querySelector(`.nav-links [data-go="${CSS.escape(key.toLowerCase())}"]`);
    link?.click();
    return link !== null;
  }
  switch (key) {
    case 'g':
      goUntil = performance.now() + goWithinMs;
      return true;
    case '/':
      void openPalette();
      return true;
    case '?':
      void openShortcuts();
      return true;
    case 'j':
      return moveAlong(1, target, true);
    case 'k':
      return moveAlong(-1, target, true);
    // an arrow scrolls, unless a row has the focus already
    case 'ArrowDown':
      return moveAlong(1, target, false);
    case 'ArrowUp':
      return moveAlong(-1, target, false);
    default:
      return false;
  }
}

function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest('[role="grid"], [role="listbox"], [role="application"]')) return true;
  if (target instanceof HTMLInputElement) return !['button', 'checkbox', 'radio', 'submit', 'reset'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

// both come when the page has nothing else to do, so that what is typed right after the key is not lost
const whenIdle = globalThis.requestIdleCallback ?? ((then) => setTimeout(then, 500));
whenIdle(() => void import('./palette.js'));

async function openPalette() {
  if (document.querySelector('.nav-links') === null) return;
  const { showPalette } = await import('./palette.js');
  showPalette();
}

async function openShortcuts() {
  const { showShortcuts } = await import('./shortcuts.js');
  showShortcuts();
}
