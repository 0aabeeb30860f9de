// Whether single keys do something, as this browser was told.

const offKey = 'muster.keys';

/** A browser that keeps nothing for pages has the keys. */
export function areKeysOff() {
  try {
    return localStorage.getItem(offKey) === 'off';
  } catch {
    return false;
  }
}

export function turnKeys(on) {
  try {
    if (on) localStorage.removeItem(offKey);
    else localStorage.setItem(offKey, 'off');
  } catch {
    // it holds until the page is left
  }
}
