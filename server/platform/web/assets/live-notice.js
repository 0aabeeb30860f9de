// What a live page says about itself, at its lower edge. Of several things that hold the strongest is shown:
//
//   shut     the page may not be seen any more, or is gone
//   lost     no connection: what is shown is from before
//   failed   the server is there and could not answer
//   changed  it can be seen, but was made for another reader or by another version

const byStrength = ['shut', 'lost', 'failed', 'changed'];
const box = document.getElementById('notice');
const held = new Map();

/** @param parts texts and nodes; none: it does not hold any more */
export function notice(kind, ...parts) {
  if (parts.length === 0) held.delete(kind);
  else held.set(kind, parts);
  const shown = byStrength.find((one) => held.has(one));
  const next = shown === undefined ? [] : held.get(shown);
  const says = (nodes) => nodes.map((part) => part.textContent ?? part).join(' ');
  // the same again is not read out again
  if (!box.hidden && shown === box.dataset.kind && says(next) === says([...box.childNodes].filter(({ data }) => data !== ' ')))
    return;
  box.dataset.kind = shown ?? '';
  box.hidden = shown === undefined;
  box.replaceChildren(...next.flatMap((part) => [part, ' ']).slice(0, -1));
}

export function noticeLink(href, text) {
  const made = document.createElement('a');
  made.href = href;
  made.textContent = text;
  return made;
}
