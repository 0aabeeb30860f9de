import type { Reader, Writer } from '../../schema/schema.ts';
import type { SavedViewsTable } from '../../schema/tables/saved-views.tables.ts';

/** Somebody's own. Index: saved_views_by_owner. */
export const ownViews = (db: Reader | Writer, owner: string, list: string): Promise<SavedViewsTable[]> =>
  db.selectFrom('saved_views').selectAll().where('owner', '=', owner).where('list', '=', list).orderBy('name').execute();

/** What everybody sees, by name. Index: saved_views_shared. */
export const sharedViews = (db: Reader, list: string, limit: number): Promise<SavedViewsTable[]> =>
  db
    .selectFrom('saved_views')
    .selectAll()
    .where('list', '=', list)
    .where((eb) => eb('shared', '=', eb.lit(1)))
    .orderBy('name')
    .limit(limit)
    .execute();

export const findView = (db: Reader | Writer, id: string): Promise<SavedViewsTable | undefined> =>
  db.selectFrom('saved_views').selectAll().where('id', '=', id).executeTakeFirst();

/** A view of the same name and list is replaced. */
export const saveView = (writer: Writer, { query, shared, ...row }: SavedViewsTable) =>
  writer
    .insertInto('saved_views')
    .values({ query, shared, ...row })
    .onConflict((conflict) => conflict.columns(['owner', 'list', 'name']).doUpdateSet({ query, shared }))
    .execute();

export const deleteView = (writer: Writer, id: string) => writer.deleteFrom('saved_views').where('id', '=', id).execute();
