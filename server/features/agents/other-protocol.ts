import type { HelloOfAnyProtocol, UpdateOrder } from '../../../shared/protocol.ts';
import type { OrderForOther } from '../../platform/gateway/admission.ts';
import type { Database } from '../../schema/schema.ts';
import { proves } from './agent-proof.ts';
import { updateAgent } from './agents.store.ts';
import type { AgentRecord, AgentView } from './agents.ts';
import type { Fleet } from './fleet.ts';

export type OtherProtocolResources = {
  readonly db: Database;
  readonly fleet: Fleet;
  readonly log: { warn(fields: object, message: string): void };
  /** how it comes to the protocol of this server; undefined: not now, or not at all */
  readonly orderFor: (agent: AgentView) => Promise<UpdateOrder | undefined>;
};

/**
 * An agent that speaks another protocol cannot come in, but is not dropped in silence: once it has proved who it is, its row says so, and it
 * is told how to come to this one.
 */
export function createOtherProtocol({ db, fleet, log, orderFor }: OtherProtocolResources): OrderForOther {
  async function note({ id, version, otherProtocol }: AgentRecord, hello: HelloOfAnyProtocol): Promise<void> {
    if (otherProtocol === hello.protocol && version === hello.agentVersion) return;
    await db.write((writer) => updateAgent(writer, id, { version: hello.agentVersion, other_protocol: hello.protocol }));
    fleet.update(id, { version: hello.agentVersion, otherProtocol: hello.protocol });
  }

  return async (hello, serverNonce) => {
    const agent = fleet.get(hello.agentId);
    if (agent === undefined || agent.revoked || !proves(agent, hello, serverNonce)) return undefined;
    await note(agent, hello);
    const order = await orderFor({ ...agent, os: osOf(hello.os), arch: hello.arch });
    log.warn(
      { agentId: agent.id, agent: agent.name, protocol: hello.protocol, ordered: order?.update },
      'agent speaks another protocol',
    );
    return order;
  };
}

const osOf = (os: string): AgentView['os'] => (os === 'linux' || os === 'win32' || os === 'darwin' ? os : '');
