import { createPublicKey, verify } from 'node:crypto';
import { MusterError } from '../../../shared/errors.ts';
import { type LeaveRequest, leaveText } from '../../../shared/protocol.ts';
import type { Database } from '../../schema/schema.ts';
import type { AuditService } from '../audit/audit.service.ts';
import { deleteAgent } from './agents.store.ts';
import type { Connections } from './connections.ts';
import type { Fleet } from './fleet.ts';

export type LeavingResources = {
  readonly db: Database;
  readonly audit: Pick<AuditService, 'recordIn'>;
  readonly fleet: Fleet;
  readonly connections: Connections;
  readonly onRemoved: (agentId: string) => Promise<void>;
};

/**
 * A host from which the agent is being removed says so, and its row goes, as if a person had removed it. The signature stands for the host; to
 * send it twice does no harm, for an id is never given again.
 * @throws MusterError agent_unknown, signature_invalid; state_conflict while somebody is connected by this identity
 */
export type Leave = (request: LeaveRequest, address: string | null) => Promise<void>;

export function createLeaving({ db, audit, fleet, connections, onRemoved }: LeavingResources): Leave {
  return async ({ agentId, signature }, address) => {
    const agent = fleet.get(agentId);
    if (agent === undefined) throw new MusterError('agent_unknown', 'This agent is not enrolled here (any more).');
    if (!isSigned(agent.publicKey, agentId, signature))
      throw new MusterError('signature_invalid', 'The proof does not fit the key with which this agent joined.');
    // the host that leaves has ended its agent: who is connected is another host, from which this one was cloned, and which stays
    if (connections.of(agentId) !== undefined || agent.duplicate !== null) throw stillUsed(agent.name);
    await db.write(async (writer) => {
      await deleteAgent(writer, agentId);
      await audit.recordIn(writer, {
        actor: agent.name,
        action: 'agent.left',
        subject: agentId,
        detail: { name: agent.name },
        address,
      });
    });
    fleet.remove(agentId);
    await onRemoved(agentId);
  };
}

function isSigned(publicKey: string, agentId: string, signature: string): boolean {
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
  return verify(null, Buffer.from(leaveText(agentId)), key, Buffer.from(signature, 'base64'));
}

const stillUsed = (name: string): MusterError =>
  new MusterError(
    'state_conflict',
    `A host is connected as ${name}. Stop the agent before it leaves; if it was stopped, its folder was copied to another host, which keeps the name.`,
  );
