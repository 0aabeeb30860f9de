import type { z } from 'zod';
import { type Page, toInstant } from '../../../shared/api/listing.ts';
import type { AgentUpdate, AgentVersions, HostUpdate, hostUpdateQuery, updateQuery } from '../../../shared/api/updates.ts';
import { cursorOf, pageOfRows } from '../../platform/db/keyset.ts';
import type { Database, Reader, Writer } from '../../schema/schema.ts';
import type { AgentUpdateHostsTable } from '../../schema/tables/updates.tables.ts';
import type { AgentsService } from '../agents/agents.service.ts';
import type { ReleasesService } from '../releases/releases.service.ts';
import { versionsOf } from './agent-versions.ts';
import { findHost, listHosts } from './update-hosts.store.ts';
import { countsByWave } from './update-pass.ts';
import { countHosts, findInForce, findUpdate, listUpdates } from './updates.store.ts';
import { toAgentUpdate, type Update, updateNotFound, updateOfRow } from './updates.ts';
import { waitingReason } from './waiting-reason.ts';

/** Updates as they are shown. */
export type UpdatesReading = {
  /** newest first */
  list(query: z.infer<typeof updateQuery>): Promise<Page<AgentUpdate>>;
  /** @throws MusterError not_found */
  get(id: string): Promise<AgentUpdate>;
  hosts(id: string, query: z.infer<typeof hostUpdateQuery>): Promise<Page<HostUpdate>>;
  /** What the update in force does on this host; null: it has no part in one. */
  ofHost(agentId: string): Promise<{ readonly update: AgentUpdate; readonly host: HostUpdate } | null>;
  versions(): Promise<AgentVersions>;
};

export type UpdatesReadingResources = {
  readonly db: Database;
  readonly agents: Pick<AgentsService, 'all' | 'get'>;
  readonly releases: Pick<ReleasesService, 'signed'>;
};

/** @throws MusterError not_found */
export async function existingUpdate(db: Reader | Writer, id: string): Promise<Update> {
  const row = await findUpdate(db, id);
  if (row === undefined) throw updateNotFound();
  return updateOfRow(row);
}

export async function shownUpdates(db: Reader | Writer, updates: readonly Update[]): Promise<AgentUpdate[]> {
  if (updates.length === 0) return [];
  const ids = updates.map(({ id }) => id);
  const counted = await countHosts(db, ids);
  return updates.map((update) => {
    const own = counted.filter(({ update_id }) => update_id === update.id);
    return toAgentUpdate(update, countsByWave(own, update.waves.length));
  });
}

export function createUpdatesReading({ db, agents, releases }: UpdatesReadingResources): UpdatesReading {
  async function get(id: string): Promise<AgentUpdate> {
    const [found] = await shownUpdates(db.read, [await existingUpdate(db.read, id)]);
    if (found === undefined) throw updateNotFound();
    return found;
  }

  function presentedHost(row: AgentUpdateHostsTable, update: Update): HostUpdate {
    const agent = agents.get(row.agent_id);
    return {
      agentId: row.agent_id,
      agentName: agent?.name ?? row.agent_name,
      wave: row.wave,
      state: row.state,
      message: row.state === 'waiting' ? waitingReason(row, update, agent) : row.message,
      version: agent?.version ?? '',
      at: toInstant(row.changed_at),
    };
  }

  return {
    get,
    async list({ after, limit }) {
      const rows = (await listUpdates(db.read, cursorOf(after, 'agentUpdate'), limit + 1)).map(updateOfRow);
      const page = pageOfRows(rows, limit, (update) => update);
      return { items: await shownUpdates(db.read, page.items), next: page.next };
    },
    async hosts(id, { after, limit, state, wave }) {
      const update = await existingUpdate(db.read, id);
      const rows = await listHosts(db.read, id, { state, wave }, cursorOf(after, 'agent'), limit + 1);
      return pageOfRows(
        rows.map((row) => ({ ...row, id: row.agent_id })),
        limit,
        (row) => presentedHost(row, update),
      );
    },
    async ofHost(agentId) {
      const inForce = await findInForce(db.read);
      const row = inForce && (await findHost(db.read, inForce.id, agentId));
      if (inForce === undefined || row === undefined) return null;
      return { update: await get(inForce.id), host: presentedHost(row, updateOfRow(inForce)) };
    },
    async versions() {
      const signed = await releases.signed().catch(() => undefined);
      return versionsOf(agents.all(), signed?.release);
    },
  };
}
