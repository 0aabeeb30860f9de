// The theme at once, where the form would load the page anew: the cookie is the same.

document.addEventListener('submit', (event) => {
  const form = event.target instanceof HTMLFormElement && event.target.matches('.theme-switch') ? event.target : null;
  if (form === null || !(event.submitter instanceof HTMLButtonElement)) return;
  event.preventDefault();
  // before page.js counts the form as sent
  event.stopImmediatePropagation();
  setTheme(event.submitter.value);
});

/** @param theme `light`, `dark`, or `system` */
export function setTheme(theme) {
  const root = document.documentElement;
  const chosen = theme === 'light' || theme === 'dark' ? theme : null;
  if (chosen === null) delete root.dataset.bsTheme;
  else root.dataset.bsTheme = chosen;
  const kept = chosen === null ? 'muster_theme=; max-age=0' : `muster_theme=${chosen}; max-age=31536000`;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing on plain HTTP
  document.cookie = `${kept}; path=/; samesite=lax`;
  for (const button of document.querySelectorAll('.theme-switch button'))
    button.setAttribute('aria-pressed', String(button.value === (chosen ?? 'system')));
}
