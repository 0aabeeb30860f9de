import type { Page } from '../shared/api/listing.ts';
import type { Context } from './context.ts';
import { type Column, table } from './output/table.ts';

/** A page of a list as a table. @param nothing what is said when it is empty */
export function printList<T>(context: Context, page: Page<T>, columns: readonly Column<T>[], nothing: string): void {
  context.print(page, () => (page.items.length === 0 ? '' : table(page.items, columns, context.stdout)));
  if (page.items.length === 0) context.say(nothing);
  else if (page.next !== null) context.say('There are more: --limit shows more of them.');
}
