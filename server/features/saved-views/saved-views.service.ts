import { toInstant } from '../../../shared/api/listing.ts';
import type { SavedList, SavedView, SavedViewInput } from '../../../shared/api/saved-views.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { IdGenerator } from '../../../shared/ids.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Actor } from '../../platform/http/actor.ts';
import type { Database } from '../../schema/schema.ts';
import type { SavedViewsTable } from '../../schema/tables/saved-views.tables.ts';
import type { AuditService } from '../audit/audit.service.ts';
import { deleteView, findView, ownViews, saveView, sharedViews } from './saved-views.store.ts';

/** Filters of a list under a name: for the one who saved them, or for everybody. */
export type SavedViewsService = {
  /** One's own, then those that others share; at most so many of each as `most` says. */
  list(list: SavedList, viewer: string): Promise<readonly SavedView[]>;
  /** @throws MusterError `limit_reached` */
  save(input: SavedViewInput, by: Actor): Promise<SavedView>;
  /** Its owner may, and who may administer users. @throws MusterError `not_found`, `forbidden` */
  remove(id: string, by: Actor, mayRemoveAny: boolean): Promise<void>;
};

export type SavedViewsResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: IdGenerator;
  readonly audit: Pick<AuditService, 'recordIn'>;
};

/** of one person for one list; and of those that are shared, as many are shown */
export const mostViews = 100;

export function createSavedViews({ db, clock, newId, audit }: SavedViewsResources): SavedViewsService {
  return {
    async list(list, viewer) {
      const own = await ownViews(db.read, viewer, list);
      const others = (await sharedViews(db.read, list, mostViews)).filter(({ owner }) => owner !== viewer);
      return [...own, ...others].map(presented);
    },
    save: ({ list, name, query, shared }, by) =>
      db.write(async (writer) => {
        const own = await ownViews(writer, by.name, list);
        const before = own.find((view) => view.name === name);
        if (before === undefined && own.length >= mostViews)
          throw new MusterError('state_conflict', `You have ${mostViews} saved views of this list: remove one first.`, {
            field: 'name',
          });
        const row: SavedViewsTable = {
          id: before?.id ?? newId('savedView'),
          list,
          name,
          query,
          owner: by.name,
          shared: shared ? 1 : 0,
          created_at: before?.created_at ?? clock.now(),
        };
        await saveView(writer, row);
        await audit.recordIn(writer, { actor: by.name, action: 'view.saved', subject: name, detail: { list, query, shared } });
        return presented(row);
      }),
    remove: (id, by, mayRemoveAny) =>
      db.write(async (writer) => {
        const row = await findView(writer, id);
        // of what others keep to themselves nobody learns
        if (row === undefined || (row.owner !== by.name && row.shared === 0))
          throw new MusterError('not_found', 'There is no such saved view.');
        if (row.owner !== by.name && !mayRemoveAny)
          throw new MusterError('forbidden', `This view belongs to ${row.owner}: its owner or an administrator may remove it.`);
        await deleteView(writer, id);
        await audit.recordIn(writer, { actor: by.name, action: 'view.removed', subject: row.name, detail: { list: row.list } });
      }),
  };
}

const presented = ({ id, list, name, query, owner, shared, created_at }: SavedViewsTable): SavedView => ({
  id,
  list: list as SavedList,
  name,
  query,
  owner,
  shared: shared === 1,
  createdAt: toInstant(created_at),
});
