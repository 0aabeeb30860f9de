import { sql } from 'kysely';
import { type HostUpdateState, hostUpdateStates, isUnderWay, type UpdateState } from '../../../shared/update-states.ts';
import type { Reader, Writer } from '../../schema/schema.ts';
import type { AgentUpdatesTable } from '../../schema/tables/updates.tables.ts';

/** Updates themselves: a few dozen rows, of which at most one is not ended. */

export const insertUpdate = (writer: Writer, row: AgentUpdatesTable) => writer.insertInto('agent_updates').values(row).execute();

export const findUpdate = (db: Reader | Writer, id: string): Promise<AgentUpdatesTable | undefined> =>
  db.selectFrom('agent_updates').selectAll().where('id', '=', id).executeTakeFirst();

/** The one that is not ended. Index: agent_updates_in_force. */
export const findInForce = (db: Reader | Writer): Promise<AgentUpdatesTable | undefined> =>
  db.selectFrom('agent_updates').selectAll().where(sql<boolean>`state <> 'ended'`).executeTakeFirst();

/** Newest first. */
export const listUpdates = (db: Reader, after: string | undefined, limit: number): Promise<AgentUpdatesTable[]> =>
  db
    .selectFrom('agent_updates')
    .selectAll()
    .$if(after !== undefined, (query) => query.where('id', '<', after as string))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();

/** @returns false if it is in another state meanwhile, and then nothing is changed */
export async function changeUpdate(
  writer: Writer,
  id: string,
  from: readonly UpdateState[],
  change: Partial<Omit<AgentUpdatesTable, 'id'>>,
): Promise<boolean> {
  const { numUpdatedRows } = await writer
    .updateTable('agent_updates')
    .set(change)
    .where('id', '=', id)
    .where('state', 'in', [...from])
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Ended ones that are older than the newest `kept`, with their hosts. */
export async function deleteOldUpdates(writer: Writer, kept: number): Promise<void> {
  const old = await writer
    .selectFrom('agent_updates')
    .select('id')
    .where('state', '=', 'ended')
    .orderBy('id', 'desc')
    .offset(kept)
    .limit(1000)
    .execute();
  const ids = old.map(({ id }) => id);
  if (ids.length === 0) return;
  await writer.deleteFrom('agent_update_hosts').where('update_id', 'in', ids).execute();
  await writer.deleteFrom('agent_updates').where('id', 'in', ids).execute();
}

/** Its waves with their states. Index: agent_update_hosts_by_wave, which holds all that is asked for. */
export const countHosts = (
  db: Reader | Writer,
  updateIds: readonly string[],
): Promise<{ update_id: string; wave: number; state: HostUpdateState; count: number }[]> =>
  db
    .selectFrom('agent_update_hosts')
    .select(({ fn }) => ['update_id', 'wave', 'state', fn.countAll<number>().as('count')])
    .where('update_id', 'in', [...updateIds])
    .groupBy(['update_id', 'wave', 'state'])
    .execute();

export const underWayStates: readonly HostUpdateState[] = hostUpdateStates.filter(isUnderWay);
