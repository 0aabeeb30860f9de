import { morphChildren } from './morph.js';

/** Makes a part of the page look like the same part of an answer; one that is not on both stays. */
export function swapPart(here, there) {
  if (here !== null && there !== null && here.innerHTML !== there.innerHTML) morphChildren(here, there);
}

/** What somebody opened in a part that is about to be replaced. */
export const openIn = (place) =>
  new Set([...place.querySelectorAll('details[data-key][open]')].map((details) => details.dataset.key));

export function reopenIn(place, opened) {
  for (const details of place.querySelectorAll('details[data-key]')) if (opened.has(details.dataset.key)) details.open = true;
}
