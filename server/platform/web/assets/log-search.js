// Finds text in the rows on the page: all of it is marked, one of it is current. Enter and F3 go on, with Shift they go back. `:120` and
// Enter go to line 120.

const most = 5000;

export function createLogSearch({ view, input, told, went, toLine }) {
  let found = [];
  let current = -1;

  function search() {
    const wanted = lineIn(input.value) === undefined ? input.value.toLowerCase() : '';
    const before = found[current]?.startContainer;
    found = wanted === '' ? [] : rangesIn(view, wanted);
    current = before === undefined ? -1 : found.findIndex((range) => range.startContainer === before);
    mark();
  }

  function mark() {
    if (CSS.highlights !== undefined) {
      CSS.highlights.set('found', new Highlight(...found));
      const here = new Highlight(...(current === -1 ? [] : [found[current]]));
      here.priority = 1;
      CSS.highlights.set('found-here', here);
    }
    told(
      input.value === '' || lineIn(input.value) !== undefined
        ? null
        : { count: found.length, isMore: found.length >= most, current: current + 1 },
    );
  }

  function go(step) {
    if (found.length === 0) return;
    current = current === -1 ? (step > 0 ? 0 : found.length - 1) : (current + step + found.length) % found.length;
    mark();
    went(found[current]);
  }

  input.addEventListener('input', () => {
    current = -1;
    search();
    go(1);
  });
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    const line = lineIn(input.value);
    if (line !== undefined) toLine(line);
    else go(event.shiftKey ? -1 : 1);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'F3' || input.value === '') return;
    event.preventDefault();
    go(event.shiftKey ? -1 : 1);
  });
  return { refresh: () => input.value !== '' && search(), go };
}

const lineIn = (text) => (/^:\d{1,9}$/.test(text.trim()) ? Number(text.trim().slice(1)) : undefined);

function rangesIn(view, wanted) {
  const ranges = [];
  for (const row of view.querySelectorAll('.log-text')) {
    const text = row.textContent.toLowerCase();
    for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length)) {
      ranges.push(rangeOf(row, at, at + wanted.length));
      if (ranges.length >= most) return ranges;
    }
  }
  return ranges;
}

/** A range over characters of a row, whichever of its parts hold them. */
function rangeOf(row, from, to) {
  const range = new Range();
  const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
  for (let passed = 0; walker.nextNode(); ) {
    const node = walker.currentNode;
    const { length } = node.nodeValue;
    if (from >= passed && from < passed + length) range.setStart(node, from - passed);
    if (to > passed && to <= passed + length) {
      range.setEnd(node, to - passed);
      break;
    }
    passed += length;
  }
  return range;
}
