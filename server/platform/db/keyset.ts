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
