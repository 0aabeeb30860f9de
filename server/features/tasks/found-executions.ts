import { readPage } from '../../platform/db/keyset.ts';
import type { Database } from '../../schema/schema.ts';
import type { ExecutionTraits } from './execution-traits.ts';
import { type ExecutionFilter, listExecutions } from './executions.store.ts';
import { endOfLook, executionsOfIds, executionsWithTraits } from './found-executions.store.ts';
import type { ExecutionRow } from './rows.ts';

export type FoundExecutions = { readonly rows: readonly ExecutionRow[]; readonly next: string | null };
export type ExecutionSearch = {
  readonly filter: ExecutionFilter;
  readonly traits: ExecutionTraits;
  readonly after: string | undefined;
  readonly limit: number;
};

/**
 * A page of executions. What an index finds fills the page; what has to be looked at row by row is looked for among so many rows alone, so
 * that a page may hold few or none and have a `next` all the same.
 */
export async function findExecutions(
  db: Database['read'],
  { filter, traits, after, limit }: ExecutionSearch,
): Promise<FoundExecutions> {
  if (!hasTraits(traits))
    return readPage((position, most) => listExecutions(db, filter, position, most), { after, limit }, sizeOf);
  const ids = await executionsWithTraits(db, filter, traits, after, limit + 1);
  const end = ids.length > limit ? undefined : await endOfLook(db, filter, after);
  const found = await readPage(
    (position, most) => executionsOfIds(db, ids.slice(position === undefined ? 0 : ids.indexOf(position) + 1).slice(0, most)),
    { after: undefined, limit },
    sizeOf,
  );
  return { rows: found.rows, next: found.next ?? end ?? null };
}

const sizeOf = ({ data, message }: ExecutionRow): number => (data?.length ?? 0) + (message?.length ?? 0);

const hasTraits = ({ plugin, reason, text }: ExecutionTraits): boolean =>
  plugin !== undefined || reason !== undefined || text !== undefined;
