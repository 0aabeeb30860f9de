import type { Reader, Writer } from '../../schema/schema.ts';
import type { MilestonesTable } from '../../schema/tables/overview.tables.ts';

export const findMilestone = (db: Reader, name: MilestonesTable['name']): Promise<MilestonesTable | undefined> =>
  db.selectFrom('milestones').selectAll().where('name', '=', name).executeTakeFirst();

/** The first to reach it stands. */
export const reachMilestone = (writer: Writer, row: MilestonesTable) =>
  writer
    .insertInto('milestones')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
