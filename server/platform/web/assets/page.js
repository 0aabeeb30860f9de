// What every page gets from script, all of it optional: relative times that stay true, the theme, the keyboard, copy buttons, filters that
// apply at once, and forms that cannot be sent twice by a double click.

import './theme.js';
import './keys.js';
import { relative } from './relative-time.js';

document.documentElement.classList.add('js');

function refreshTimes() {
  if (document.hidden) return;
  for (const time of document.querySelectorAll('time[datetime]')) {
    const text = relative(time.dateTime);
    if (time.textContent !== text) time.textContent = text;
  }
}
setInterval(refreshTimes, 10_000);
document.addEventListener('visibilitychange', refreshTimes);

document.addEventListener('click', (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const copy = target?.closest('[data-copy]');
  if (copy) void copyText(copy);
});

/** Never rejects: where the clipboard cannot be had, the text is selected instead. */
async function copyText(button) {
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
    button.title = 'Copied';
  } catch {
    // plain HTTP beyond loopback has no clipboard: select the text, so that one key press copies it
    const line = button.previousElementSibling;
    if (line) getSelection()?.selectAllChildren(line);
    button.title = 'Press Ctrl+C';
  }
  button.setAttribute('aria-label', button.title);
}

// the tab of this page is seen in a narrow window too
document.querySelector('.tabs [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });

document.addEventListener('change', (event) => {
  if (event.target instanceof HTMLSelectElement && 'submit' in event.target.dataset) event.target.form?.requestSubmit();
});

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.method !== 'post') {
    leaveOutEmpty(form);
    return;
  }
  if (form.dataset.sent === 'yes') event.preventDefault();
  form.dataset.sent = 'yes';
});
/** An address that is shared holds what was asked for alone. */
function leaveOutEmpty(form) {
  const empty = [...form.elements].filter((field) => field.name !== '' && field.value === '' && !field.disabled);
  for (const field of empty) field.disabled = true;
  // the browser has read the form by then
  setTimeout(() => {
    for (const field of empty) field.disabled = false;
  });
}

// a page that comes back from the browser's memory may be sent again
addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-sent]')) delete form.dataset.sent;
});
