import { sql } from 'kysely';
import type { HostUpdateState } from '../../../shared/update-states.ts';
import type { Reader, Writer } from '../../schema/schema.ts';
import type { AgentUpdateHostsTable } from '../../schema/tables/updates.tables.ts';
import { underWayStates } from './updates.store.ts';

/** The hosts of updates: a row for each, which is the truth about it. */

const rowsPerStatement = 500;

export async function insertHosts(writer: Writer, rows: readonly AgentUpdateHostsTable[]): Promise<void> {
  for (let from = 0; from < rows.length; from += rowsPerStatement)
    await writer
      .insertInto('agent_update_hosts')
      .values(rows.slice(from, from + rowsPerStatement))
      .onConflict((conflict) => conflict.columns(['update_id', 'agent_id']).doNothing())
      .execute();
}

export const findHost = (db: Reader | Writer, updateId: string, agentId: string): Promise<AgentUpdateHostsTable | undefined> =>
  db
    .selectFrom('agent_update_hosts')
    .selectAll()
    .where('update_id', '=', updateId)
    .where('agent_id', '=', agentId)
    .executeTakeFirst();

/** By the primary key. */
export async function findHosts(
  db: Reader | Writer,
  updateId: string,
  agentIds: readonly string[],
): Promise<AgentUpdateHostsTable[]> {
  const found: AgentUpdateHostsTable[] = [];
  for (let from = 0; from < agentIds.length; from += rowsPerStatement)
    found.push(
      ...(await db
        .selectFrom('agent_update_hosts')
        .selectAll()
        .where('update_id', '=', updateId)
        .where('agent_id', 'in', agentIds.slice(from, from + rowsPerStatement))
        .execute()),
    );
  return found;
}

/** Index: agent_update_hosts_by_state. */
export const hostsUnderWay = (db: Reader | Writer, updateId: string): Promise<AgentUpdateHostsTable[]> =>
  db
    .selectFrom('agent_update_hosts')
    .selectAll()
    .where('update_id', '=', updateId)
    .where('state', 'in', [...underWayStates])
    .execute();

/** The first that failed or went back. Index: agent_update_hosts_by_state. */
export const hostsInError = (db: Reader, updateId: string, limit: number): Promise<AgentUpdateHostsTable[]> =>
  db
    .selectFrom('agent_update_hosts')
    .selectAll()
    .where('update_id', '=', updateId)
    .where('state', 'in', ['failed', 'rolled_back'])
    .limit(limit)
    .execute();

/** Those that wait in the waves up to this one, the first wave first. Index: agent_update_hosts_by_wave. */
export const waitingHosts = (
  db: Reader,
  updateId: string,
  lastWave: number,
): Promise<Pick<AgentUpdateHostsTable, 'agent_id' | 'wave'>[]> =>
  db
    .selectFrom('agent_update_hosts')
    .select(['agent_id', 'wave'])
    .where('update_id', '=', updateId)
    .where(
      'wave',
      'in',
      Array.from({ length: lastWave + 1 }, (_, wave) => wave),
    )
    .where('state', '=', 'waiting')
    .orderBy('wave')
    .orderBy('agent_id')
    .execute();

/** Of whatever update. Index: agent_update_hosts_due. */
export const overdueHosts = (db: Reader, now: number, limit: number): Promise<AgentUpdateHostsTable[]> =>
  db.selectFrom('agent_update_hosts').selectAll().where('deadline_at', '<=', now).orderBy('deadline_at').limit(limit).execute();

export type HostFilter = { readonly state?: HostUpdateState | undefined; readonly wave?: number | undefined };

/** By the id of the agent, newest first. Index: the primary key, or that of the state or the wave. */
export const listHosts = (
  db: Reader,
  updateId: string,
  { state, wave }: HostFilter,
  after: string | undefined,
  limit: number,
): Promise<AgentUpdateHostsTable[]> =>
  db
    .selectFrom('agent_update_hosts')
    .selectAll()
    .where('update_id', '=', updateId)
    .$if(state !== undefined, (query) => query.where('state', '=', state as HostUpdateState))
    .$if(wave !== undefined, (query) => query.where('wave', '=', wave as number))
    .$if(after !== undefined, (query) => query.where('agent_id', '<', after as string))
    .orderBy('agent_id', 'desc')
    .limit(limit)
    .execute();

export type HostChange = Partial<Pick<AgentUpdateHostsTable, 'state' | 'message' | 'changed_at' | 'away_since' | 'deadline_at'>>;

/** @returns the ids of those that were in that state still, and are changed now */
export async function changeHosts(
  writer: Writer,
  updateId: string,
  agentIds: readonly string[],
  from: HostUpdateState,
  change: HostChange,
): Promise<string[]> {
  const changed: string[] = [];
  for (let first = 0; first < agentIds.length; first += rowsPerStatement)
    changed.push(
      ...(
        await writer
          .updateTable('agent_update_hosts')
          .set(change)
          .where('update_id', '=', updateId)
          .where('agent_id', 'in', agentIds.slice(first, first + rowsPerStatement))
          .where('state', '=', from)
          .returning('agent_id')
          .execute()
      ).map(({ agent_id }) => agent_id),
    );
  return changed;
}

export const changeHost = (writer: Writer, updateId: string, agentId: string, change: HostChange) =>
  writer
    .updateTable('agent_update_hosts')
    .set(change)
    .where('update_id', '=', updateId)
    .where('agent_id', '=', agentId)
    .execute();

/** Updates with hosts that have a deadline. Index: agent_update_hosts_due. */
export const updatesUnderWay = async (writer: Writer): Promise<string[]> =>
  (
    await writer.selectFrom('agent_update_hosts').select('update_id').distinct().where('deadline_at', 'is not', null).execute()
  ).map(({ update_id }) => update_id);

/** Whoever of it is under way counts as gone away just now. */
export const countAsAway = (writer: Writer, updateId: string, awaySince: number, deadlineAt: number | null) =>
  writer
    .updateTable('agent_update_hosts')
    .set({ away_since: awaySince, deadline_at: deadlineAt })
    .where('update_id', '=', updateId)
    .where('deadline_at', 'is not', null)
    .execute();

/** The clock was set, or the server stood still: what remains of every deadline stays as it was. */
export async function shiftDeadlines(writer: Writer, ms: number): Promise<void> {
  await sql`UPDATE agent_update_hosts SET deadline_at = deadline_at + ${ms} WHERE deadline_at IS NOT NULL`.execute(writer);
  await sql`UPDATE agent_updates SET next_wave_at = next_wave_at + ${ms} WHERE next_wave_at IS NOT NULL`.execute(writer);
}
