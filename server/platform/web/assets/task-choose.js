// Finds a plugin or an action among many. Without script the field is not there, and the page finds what the browser's own search finds.

const input = document.querySelector('[data-choose]');
const choices = [...document.querySelectorAll('.choice')].map((element) => ({
  element,
  text: element.textContent.toLowerCase(),
}));
const none = document.querySelector('[data-choose-none]');

input?.addEventListener('input', () => {
  const words = input.value.toLowerCase().split(/\s+/);
  let shown = 0;
  for (const { element, text } of choices) {
    const fits = words.every((word) => text.includes(word));
    element.hidden = !fits;
    shown += Number(fits);
  }
  none.hidden = shown > 0;
});
input?.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter') return;
  event.preventDefault();
  choices
    .find(({ element }) => !element.hidden)
    ?.element.querySelector('a')
    ?.click();
});
