// Tells while an owner is typed how many hosts it reaches. Without script the Check button does the same.

const input = document.querySelector('[data-owner]');
const preview = document.querySelector('[data-owner-preview]');
const pauseMs = 300;
let timer = 0;
let asked = 0;

document.querySelector('[data-owner-check]').hidden = true;
input.addEventListener('input', () => {
  clearTimeout(timer);
  timer = setTimeout(() => void ask(), pauseMs);
});

/** Never rejects: what goes wrong is told beside the field. */
async function ask() {
  const owner = input.value.trim();
  asked += 1;
  const mine = asked;
  if (owner === '') {
    preview.replaceChildren();
    return;
  }
  try {
    const answer = await fetch(`/api/v1/owners/preview?owner=${encodeURIComponent(owner)}`);
    const body = await answer.json();
    // an answer to what was typed before is worth nothing
    if (mine === asked) show(answer.ok, body);
  } catch {
    if (mine === asked) preview.textContent = 'The server cannot be reached.';
  }
}

function show(ok, body) {
  input.classList.toggle('is-invalid', !ok);
  if (!ok) {
    const problem = document.createElement('span');
    problem.className = 'field-problem';
    problem.textContent = body.column === undefined ? body.detail : `${body.detail} (column ${body.column})`;
    preview.replaceChildren(problem);
    return;
  }
  const { kind, matched, online, names } = body;
  const hosts = `${matched.toLocaleString('en')} ${matched === 1 ? 'host' : 'hosts'}`;
  const count = document.createElement('strong');
  count.textContent = kind === 'anyone' ? `One of ${hosts}` : hosts;
  const some = names.length === 0 ? '' : `: ${names.slice(0, 8).join(', ')}${matched > 8 ? ' …' : ''}`;
  preview.replaceChildren(count, `, ${online.toLocaleString('en')} online${some}`);
}
