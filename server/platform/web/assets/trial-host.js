// Offers hosts by what is typed: the list of the page holds the first hundred, and there may be ten thousand.

const input = document.querySelector('[data-trial-host]');
const list = document.getElementById('trial-hosts');
const standing = [...list.children];
const pauseMs = 200;
let timer = 0;

input.addEventListener('input', () => {
  clearTimeout(timer);
  timer = setTimeout(() => void offer(input.value.trim()), pauseMs);
});

/** Never rejects: without suggestions a name can be typed all the same. */
async function offer(text) {
  if (!/^[\w.-]{1,60}$/.test(text)) {
    list.replaceChildren(...standing);
    return;
  }
  try {
    const answer = await fetch(`/api/v1/owners/preview?owner=${encodeURIComponent(`*${text}*`)}`);
    if (!answer.ok || input.value.trim() !== text) return;
    const { names } = await answer.json();
    list.replaceChildren(...names.slice(0, 30).map((name) => Object.assign(document.createElement('option'), { value: name })));
  } catch {
    // the form itself asks the same server, and tells
  }
}
