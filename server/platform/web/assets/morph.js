/**
 * Makes the children of `from` look like those of `to` by changing only what differs, so that focus, selection, scroll positions and what
 * somebody opened or typed stay as they are. Children with `data-key` are matched by it, the others by their order.
 */
export function morphChildren(from, to) {
  const keyed = new Map([...from.children].filter((child) => child.dataset?.key).map((child) => [child.dataset.key, child]));
  let cursor = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const key = wanted.dataset?.key;
    const kept = key === undefined ? undefined : keyed.get(key);
    if (kept !== undefined && kept !== cursor) from.insertBefore(kept, cursor);
    else if (cursor === null || (key !== undefined && kept === undefined) || isKept(cursor, key, to)) {
      from.insertBefore(document.importNode(wanted, true), cursor);
      continue;
    }
    const node = kept ?? cursor;
    cursor = node.nextSibling;
    morph(node, wanted);
  }
  while (cursor !== null) {
    const next = cursor.nextSibling;
    cursor.remove();
    cursor = next;
  }
}

/** A keyed node that is wanted further on must not be turned into something else. */
function isKept(node, key, to) {
  const own = node.dataset?.key;
  return own !== undefined && own !== key && [...to.children].some((child) => child.dataset?.key === own);
}

function morph(node, wanted) {
  if (node.isEqualNode(wanted)) return;
  if (node.nodeType !== wanted.nodeType || node.nodeName !== wanted.nodeName) {
    node.replaceWith(document.importNode(wanted, true));
    return;
  }
  if (node.nodeType !== Node.ELEMENT_NODE) {
    node.nodeValue = wanted.nodeValue;
    return;
  }
  const belongsToReader = (name) => node.nodeName === 'DETAILS' && name === 'open';
  for (const { name } of [...node.attributes])
    if (!wanted.hasAttribute(name) && !belongsToReader(name)) node.removeAttribute(name);
  for (const { name, value } of wanted.attributes)
    if (node.getAttribute(name) !== value && !belongsToReader(name)) node.setAttribute(name, value);
  morphChildren(node, wanted);
}
