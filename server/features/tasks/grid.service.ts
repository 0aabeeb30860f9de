import { setImmediate } from 'node:timers/promises';
import type { RunGrid } from '../../../shared/api/runs.ts';
import { naturalKey } from '../../../shared/natural-order.ts';
import { letterOfState, stateLetters } from '../../../shared/state-letters.ts';
import type { Database } from '../../schema/schema.ts';
import { type GridRow, gridRows } from './fold.store.ts';

const pageSize = 1000;
const prefix = 'exe_';

/** Every host of a run with its state, as small as it gets: ten thousand of them are asked for at once. */
export async function gridOf(
  runId: string,
  db: Database,
): Promise<Pick<RunGrid, 'letters' | 'cells' | 'names' | 'idPrefix' | 'ids'>> {
  const rows: (GridRow & { readonly key: string })[] = [];
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page: GridRow[] = await gridRows(db.read, runId, after, pageSize);
    for (const row of page) rows.push({ ...row, key: naturalKey(row.agent_name ?? '') });
    await setImmediate();
    after = page.length === pageSize ? page.at(-1)?.id : undefined;
  }
  rows.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.id < b.id ? -1 : 1));
  const common = commonStart(rows);
  return {
    letters: stateLetters,
    cells: rows.map(({ state }) => letterOfState(state)).join(''),
    names: rows.map(({ agent_name }) => agent_name ?? ''),
    idPrefix: common,
    ids: rows.map(({ id }) => id.slice(common.length)),
  };
}

/** Ids of one run were made one after the other: most of each is the same in all. */
function commonStart(rows: readonly GridRow[]): string {
  const [first] = rows;
  if (first === undefined) return prefix;
  let length = first.id.length;
  for (const { id } of rows) while (!id.startsWith(first.id.slice(0, length))) length -= 1;
  return first.id.slice(0, length);
}
