import type { Logger } from 'pino';
import type { Platform } from '../../shared/plugin-manifest.ts';
import {
  type AgentMessageOf,
  closeCodes,
  proofText,
  protocolVersion,
  type ServerMessage,
  type ServerMessageOf,
  type UpdateOrder,
} from '../../shared/protocol.ts';
import type { AgentKey } from '../identity/agent-key.ts';
import { isSignedBy } from '../identity/signatures.ts';
import type { SessionLink } from './connection.ts';

/**
 * The first messages of a connection:
 *
 *   awaiting challenge ──> awaiting welcome ──> established
 *            └────────────────────┴──> closed: refused, or a server that cannot prove who it is
 *
 * Nothing else is listened to before the server has proved that it has the key which this agent pinned at its enrolment, but for one thing: a
 * server of another protocol cannot welcome this agent, and may tell it in its refusal how to come to that protocol. That order is proved by itself.
 */
export type Handshake = { message(message: ServerMessage): void };

export type HandshakeResources = {
  readonly link: SessionLink;
  readonly agentId: string;
  readonly serverPublicKey: string;
  readonly key: AgentKey;
  /** what the hello tells besides the proof */
  readonly greeting: () => Pick<AgentMessageOf<'hello'>, 'agentVersion' | 'slots' | 'journal' | 'lives' | 'catalogue' | 'host'>;
  readonly onWelcome: (welcome: ServerMessageOf<'welcome'>) => void;
  /** from a server that has proved nothing */
  readonly onUpdateOrder: (order: UpdateOrder) => void;
  readonly randomBytes: (size: number) => Buffer;
  readonly log: Logger;
};

export function createHandshake(resources: HandshakeResources): Handshake {
  const { link, agentId, serverPublicKey, key, greeting, onWelcome, onUpdateOrder, log } = resources;
  let nonces: { readonly server: string; readonly agent: string } | undefined;

  function answer({ protocol, nonce }: ServerMessageOf<'challenge'>): void {
    // it is for the server to refuse: it may have an executable that speaks its protocol
    if (protocol !== protocolVersion) log.error({ server: protocol, agent: protocolVersion }, 'protocol_unsupported');
    nonces = { server: nonce, agent: resources.randomBytes(24).toString('base64') };
    link.send({
      type: 'hello',
      protocol: protocolVersion,
      agentId,
      nonce: nonces.agent,
      signature: key.sign(proofText('agent', nonces.server, nonces.agent, agentId)),
      os: process.platform as Platform,
      arch: process.arch,
      ...greeting(),
    });
  }

  function verify(welcome: ServerMessageOf<'welcome'>): void {
    const proof = nonces === undefined ? undefined : proofText('server', nonces.server, nonces.agent, agentId);
    if (proof === undefined || !isSignedBy(serverPublicKey, proof, welcome.signature)) {
      log.error(
        'server_not_proved: what answers at this address does not have the key of the server that this agent enrolled with',
      );
      link.close(closeCodes.notAuthenticated, 'the proof of the server is wrong');
      return;
    }
    onWelcome(welcome);
  }

  return {
    message(message) {
      if (message.type === 'challenge' && nonces === undefined) answer(message);
      else if (message.type === 'welcome') verify(message);
      else if (message.type === 'refused') {
        log.error({ code: message.code, message: message.message }, 'refused');
        link.refused(message.code);
        if (message.update !== undefined) onUpdateOrder(message.update);
      } else link.close(closeCodes.notAuthenticated, `${message.type} before welcome`);
    },
  };
}
