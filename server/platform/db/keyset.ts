import type { Page } from '../../../shared/api/listing.ts';
import { MusterError } from '../../../shared/errors.ts';
import { type IdKind, idPattern } from '../../../shared/ids.ts';

/** The cursor of a list that pages by id: the id of the last row of the page before. */
export function cursorOf(after: string | undefined, kind: IdKind): string | undefined {
  if (after === undefined || idPattern(kind).test(after)) return after;
  throw new MusterError('cursor_invalid', 'This is not a cursor of this list: pass the `next` of the page before, or nothing.', {
    field: 'after',
  });
}

/** @param rows read with `limit + 1`: the row too many tells that there is a next page */
export function pageOfRows<Row extends { readonly id: string }, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  return { items: shown.map(toItem), next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null };
}

const rowsAtOnce = 32;
const maxPageBytes = 8 * 1024 * 1024;

/**
 * A page of rows that may be large each, such as those with arguments or results: it ends early, with a `next`, rather than fill the memory.
 *
 * @param read at most so many rows after the cursor
 * @param sizeOf about the bytes of its long columns
 */
export async function readPage<Row extends { readonly id: string }>(
  read: (after: string | undefined, limit: number) => Promise<readonly Row[]>,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
  sizeOf: (row: Row) => number,
): Promise<{ readonly rows: readonly Row[]; readonly next: string | null }> {
  const rows: Row[] = [];
  let bytes = 0;
  for (let position = after; ; position = rows.at(-1)?.id) {
    const wanted = Math.min(rowsAtOnce, limit + 1 - rows.length);
    const found = await read(position, wanted);
    for (const row of found) {
      if (rows.length === limit || bytes >= maxPageBytes) return { rows, next: rows.at(-1)?.id ?? null };
      rows.push(row);
      bytes += sizeOf(row);
    }
    if (found.length < wanted) return { rows, next: null };
  }
}
