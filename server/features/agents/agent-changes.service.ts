import type { z } from 'zod';
import type { agentPatch } from '../../../shared/api/agents.ts';
import { MusterError } from '../../../shared/errors.ts';
import { closeCodes } from '../../../shared/protocol.ts';
import type { Clock } from '../../platform/clock.ts';
import { isUniqueViolation } from '../../platform/db/unique-violation.ts';
import type { Actor } from '../../platform/http/actor.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import type { AgentsTable } from '../../schema/tables/agents.tables.ts';
import type { AuditService } from '../audit/audit.service.ts';
import type { Origin } from '../auth/origin.ts';
import { deleteAgent, findAgent, findAgentByName, updateAgent } from './agents.store.ts';
import type { Connections } from './connections.ts';
import type { Fleet } from './fleet.ts';

export type AgentChanges = {
  /** @throws MusterError not_found, name_taken */
  patch(id: string, patch: z.infer<typeof agentPatch>, actor: Actor, origin?: Origin): Promise<void>;
  /** Its key is worthless from now on; the row stays. Revoking again changes nothing. */
  revoke(id: string, actor: Actor, origin?: Origin): Promise<void>;
  /** @throws MusterError not_found; state_conflict while it is connected and not revoked */
  remove(id: string, actor: Actor, origin?: Origin): Promise<void>;
};

export type AgentChangesResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly audit: Pick<AuditService, 'recordIn'>;
  readonly fleet: Fleet;
  readonly connections: Connections;
  /** told when an agent was removed or revoked: what it held will never be answered */
  readonly onRemoved: (agentId: string) => Promise<void>;
};

export function createAgentChanges({ db, clock, audit, fleet, connections, onRemoved }: AgentChangesResources): AgentChanges {
  return {
    async patch(id, { name, tags }, actor, { address = null } = {}) {
      await db.write(async (writer) => {
        const row = await existing(writer, id);
        if (name !== undefined && name !== row.name && (await findAgentByName(writer, name)) !== undefined) throw nameTaken(name);
        const change = {
          ...(name === undefined ? {} : { name }),
          ...(tags === undefined ? {} : { tags: JSON.stringify(unique(tags)) }),
        };
        if (Object.keys(change).length === 0) return;
        await updateUnlessTaken(writer, id, change);
        await audit.recordIn(writer, {
          actor: actor.name,
          action: 'agent.changed',
          subject: id,
          detail: { was: row.name, name, tags },
          address,
        });
      });
      fleet.update(id, { ...(name === undefined ? {} : { name }), ...(tags === undefined ? {} : { tags: unique(tags) }) });
    },

    async revoke(id, actor, { address = null } = {}) {
      const changed = await db.write(async (writer) => {
        const row = await existing(writer, id);
        if (row.revoked_at !== null) return false;
        await updateAgent(writer, id, { revoked_at: clock.now() });
        await audit.recordIn(writer, {
          actor: actor.name,
          action: 'agent.revoked',
          subject: id,
          detail: { name: row.name },
          address,
        });
        return true;
      });
      if (!changed) return;
      fleet.update(id, { revoked: true });
      connections.of(id)?.close(closeCodes.revoked, 'the agent was revoked');
      await onRemoved(id);
    },

    async remove(id, actor, { address = null } = {}) {
      await db.write(async (writer) => {
        const row = await existing(writer, id);
        if (row.revoked_at === null && connections.of(id) !== undefined) throw stillConnected(row.name);
        await deleteAgent(writer, id);
        await audit.recordIn(writer, {
          actor: actor.name,
          action: 'agent.removed',
          subject: id,
          detail: { name: row.name },
          address,
        });
      });
      fleet.remove(id);
      // it may have come in at this very moment
      connections.of(id)?.close(closeCodes.notAuthenticated, 'the agent was removed');
      await onRemoved(id);
    },
  };
}

async function existing(writer: Writer, id: string): Promise<AgentsTable> {
  const row = await findAgent(writer, id);
  if (row === undefined) throw agentNotFound();
  return row;
}

/** Another server may have taken the name since the look before. */
async function updateUnlessTaken(writer: Writer, id: string, change: Partial<AgentsTable>): Promise<void> {
  try {
    await updateAgent(writer, id, change);
  } catch (error) {
    throw isUniqueViolation(error) ? nameTaken(change.name ?? '') : error;
  }
}

export const agentNotFound = (): MusterError => new MusterError('not_found', 'There is no such agent.');

const nameTaken = (name: string): MusterError =>
  new MusterError('name_taken', `Another agent is called "${name}". Choose another name, or rename or remove that one first.`, {
    field: 'name',
  });

const stillConnected = (name: string): MusterError =>
  new MusterError(
    'state_conflict',
    `The agent "${name}" is connected and would be lost to its host. Stop it there, or revoke it, then remove it.`,
  );

const unique = (tags: readonly string[]): string[] => [...new Set(tags)];
