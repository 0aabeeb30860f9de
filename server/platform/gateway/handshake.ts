import type { Logger } from 'pino';
import type { RandomBytes } from '../../../shared/ids.ts';
import { type AgentMessageOf, closeCodes, protocolVersion, type UpdateOrder } from '../../../shared/protocol.ts';
import type { Clock } from '../clock.ts';
import type { Admission, Admit, OrderForOther, Refusal } from './admission.ts';
import type { AgentConnection } from './connection.ts';
import type { Gathering } from './gathering.ts';
import type { Seats } from './seats.ts';
import type { GatewaySettings } from './settings.ts';
import type { OtherProtocol, Wire } from './wire.ts';

/**
 *   challenge ──hello──> admit ──> take the seat ──> prepare ──> welcome
 *                          │    │    (the agent's     │
 *                          │    │     previous one    │
 *                          │    │     is closed)      │
 *                          └────┴────> refused <──────┘
 *                   the seat is another process's, which answers: a copy
 */
export type HandshakeResources = {
  readonly clock: Clock;
  readonly log: Logger;
  readonly randomBytes: RandomBytes;
  readonly admit: Admit;
  readonly orderForOther?: OrderForOther | undefined;
  readonly seats: Seats;
  readonly settings: GatewaySettings;
  readonly gathering: Pick<Gathering, 'withinMs'>;
  /** called when the agent has proven who it is */
  readonly onAuthenticated: (admission: Admission) => void;
};

/** @returns the connection with its welcome queued, or undefined if the wire was closed on the way */
export async function shakeHands(
  wire: Wire,
  address: string,
  resources: HandshakeResources,
): Promise<AgentConnection | undefined> {
  const serverNonce = Buffer.from(resources.randomBytes(32)).toString('base64');
  const hello = await helloOf(wire, serverNonce, resources);
  if (hello === undefined) return undefined;
  const admission = await resources.admit(hello, serverNonce, address);
  if (!wire.isOpen()) return undefined;
  if (admission.kind === 'refused') return refuse(wire, admission, resources.log);
  resources.onAuthenticated(admission);
  const [life] = hello.lives ?? [];
  if (await resources.seats.isTakenByAnother(admission.agentId, life, resources.settings.answerSeconds * 1000)) {
    admission.onDuplicate();
    return refuse(wire, duplicate(admission), resources.log);
  }
  if (!wire.isOpen()) return undefined;
  return welcome(wire, admission, life, resources);
}

async function helloOf(
  wire: Wire,
  serverNonce: string,
  resources: HandshakeResources,
): Promise<AgentMessageOf<'hello'> | undefined> {
  const { clock, settings, log } = resources;
  wire.send({ type: 'challenge', protocol: protocolVersion, nonce: serverNonce, time: clock.now() });
  const cancelDeadline = clock.after(settings.helloSeconds * 1000, () =>
    wire.close(closeCodes.notAuthenticated, 'no hello in time'),
  );
  const hello = await wire.hello;
  cancelDeadline();
  if (hello?.kind !== 'other_protocol') return hello?.message;
  const update = await orderFor(hello, serverNonce, resources);
  return refuse(wire, { ...otherProtocol(hello), update }, log);
}

/** That there is no order for it must not keep it from being told what is wrong. */
async function orderFor(
  { hello }: OtherProtocol,
  serverNonce: string,
  { orderForOther, log }: HandshakeResources,
): Promise<UpdateOrder | undefined> {
  if (hello === undefined) return undefined;
  try {
    return await orderForOther?.(hello, serverNonce);
  } catch (error) {
    log.error({ err: error, agentId: hello.agentId }, 'no order for an agent of another protocol');
    return undefined;
  }
}

async function welcome(
  wire: Wire,
  admission: Admission,
  life: string | undefined,
  resources: HandshakeResources,
): Promise<AgentConnection | undefined> {
  const { clock, settings, seats, gathering, log } = resources;
  const seat = seats.take(admission.agentId, wire, life);
  try {
    await seat.vacated;
    if (!wire.isOpen()) return undefined;
    const answer = await admission.prepare();
    if (!wire.isOpen()) return undefined;
    if (answer.kind === 'refused') return refuse(wire, answer, log);
    const { heartbeatSeconds, silenceSeconds } = settings;
    const { name, signature, downloadToken, plugins, verdicts } = answer;
    wire.send({
      type: 'welcome',
      name,
      signature,
      downloadToken,
      heartbeatSeconds,
      silenceSeconds,
      time: clock.now(),
      plugins,
      verdicts,
      comeBackWithinMs: gathering.withinMs(),
    });
    return connectionOf(wire, admission, clock.now());
  } finally {
    seat.admissionOver();
  }
}

const connectionOf = (wire: Wire, { agentId, agentName }: Admission, openedAt: number): AgentConnection => ({
  agentId,
  agentName,
  openedAt,
  isOpen: wire.isOpen,
  send: wire.send,
  close: wire.close,
});

function refuse(wire: Wire, { code, message, closeCode, update }: Refusal, log: Logger): undefined {
  log.warn({ code }, 'agent refused');
  wire.send({ type: 'refused', code, message, ...(update === undefined ? {} : { update }) });
  wire.close(closeCode, message);
}

const duplicate = ({ agentName }: Admission): Refusal => ({
  kind: 'refused',
  code: 'agent_duplicate',
  message: `Another host is connected as ${agentName}: the folder of this agent was copied. Empty the folder on one of the two, and join again with a join token.`,
  closeCode: closeCodes.replaced,
});

const otherProtocol = ({ protocol }: OtherProtocol): Refusal => ({
  kind: 'refused',
  code: 'protocol_unsupported',
  message:
    `The agent speaks protocol version ${protocol}, this server version ${protocolVersion}. ` +
    `Update the ${protocol < protocolVersion ? 'agent' : 'server'}.`,
  closeCode: closeCodes.protocol,
});
