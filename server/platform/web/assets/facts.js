// A box that narrows a list down to the lines that have its text in them: <input data-filters="ID of the list">.

for (const input of document.querySelectorAll('[data-filters]')) {
  const list = document.getElementById(input.dataset.filters);
  const none = document.querySelector(`[data-none-of="${input.dataset.filters}"]`);
  input.addEventListener('input', () => {
    const wanted = input.value.trim().toLowerCase();
    let shown = 0;
    for (const line of list?.children ?? []) {
      line.hidden = !line.textContent.toLowerCase().includes(wanted);
      if (!line.hidden) shown += 1;
    }
    if (none) none.hidden = shown > 0;
  });
}
