/**
 * Moves the focus to the link of the next or the previous row of the page's lists; Enter then opens it, as with any link.
 *
 * @param step 1 or -1
 * @param begin whether to begin at the first row when none has the focus
 * @returns whether it moved
 */
export function moveAlong(step, from, begin) {
  const rows = [...document.querySelectorAll('main tbody tr, main [data-row]')].filter(
    (row) => row.checkVisibility() && linkOf(row) !== null,
  );
  const present = rows.findIndex((row) => from instanceof Node && row.contains(from));
  if (rows.length === 0 || (present === -1 && !begin)) return false;
  const next = present === -1 ? 0 : present + step;
  const link = linkOf(rows[Math.min(rows.length - 1, Math.max(0, next))]);
  link.focus();
  link.closest('tr, [data-row]').scrollIntoView({ block: 'nearest' });
  return true;
}

/** What a row is about, before what stands beside it. */
const linkOf = (row) =>
  row.matches('a[href], summary') ? row : (row.querySelector('.main a[href]') ?? row.querySelector('a[href], summary'));
