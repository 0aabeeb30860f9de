import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import type { RandomBytes } from '../../../shared/ids.ts';
import { type AgentMessage, closeCodes, maxFrameBytes } from '../../../shared/protocol.ts';
import type { Clock } from '../clock.ts';
import { rawProblem } from '../http/raw-answer.ts';
import type { Admit, OrderForOther, Refusal } from './admission.ts';
import type { AgentConnection, MessageHandlers } from './connection.ts';
import { createGathering } from './gathering.ts';
import { shakeHands } from './handshake.ts';
import { createIntakeBudget } from './intake-budget.ts';
import { createPenalties } from './penalties.ts';
import { createReadingTurns } from './reading-turns.ts';
import { createSeats } from './seats.ts';
import { serialise } from './send-queue.ts';
import { defaultGatewaySettings, type GatewaySettings } from './settings.ts';
import { createTurnEnd } from './turn-end.ts';
import { createUnauthenticatedSockets } from './unauthenticated.ts';
import { createWire, serverFailed, type Wire } from './wire.ts';

/** The agents' sockets. It knows the protocol and no feature: who may come in, and what messages mean, is handed in. */
export type Gateway = {
  /** For upgrades at `agentSocketPath`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  counts(): { readonly connected: number; readonly unauthenticated: number };
  /** What kept messages from being answered has passed: the agents concerned are told to come back, and send them again. */
  redeliver(): void;
  /** Tells every agent to come back later, and waits until their sockets and handlers have ended, at most `closeSeconds`. */
  stop(): Promise<void>;
};

export type GatewayResources = {
  readonly clock: Clock;
  readonly log: Logger;
  readonly randomBytes: RandomBytes;
  readonly admit: Admit;
  /** what an agent of another protocol is told besides; default: nothing */
  readonly orderForOther?: OrderForOther;
  readonly handlers: MessageHandlers;
  /** when the welcome is queued, before the agent's first message is handled */
  readonly onReady: (connection: AgentConnection) => void;
  /** at once when a connection that was ready closes, for whatever reason */
  readonly onClosed: (connection: AgentConnection) => void;
  /** whether a message that failed for this is to be sent again when `redeliver` is called; otherwise its connection is closed */
  readonly willPass?: (error: unknown) => boolean;
  /** who asks, behind a proxy too; default: the far side of the socket */
  readonly addressOf?: (request: IncomingMessage) => string | null;
  readonly settings?: Partial<GatewaySettings>;
  /** hosts that were here lately, and may come back all at once */
  readonly fleetSize?: number;
  /** what the start of the server took so far */
  readonly restartMs?: number;
};

export const agentSocketPath = '/agent/v1/connect';

export function createGateway(resources: GatewayResources): Gateway {
  const { clock, log, handlers, onReady, onClosed, addressOf = remoteAddressOf } = resources;
  const settings = { ...defaultGatewaySettings, ...resources.settings };
  const server = new WebSocketServer(serverOptions(settings));
  server.on('wsClientError', (error, socket) => {
    socket.end(rawProblem('request_malformed', `This is no WebSocket handshake: ${error.message}.`), () => socket.destroy());
  });
  const unauthenticated = createUnauthenticatedSockets(settings);
  const turnEnd = createTurnEnd();
  const seats = createSeats();
  const budget = createIntakeBudget(settings.maxOutputUnderWay);
  const turns = createReadingTurns({ mostPerTurn: settings.maxReadPerTurn, budget });
  const penalties = createPenalties(clock);
  const admit: Admit = async (hello, serverNonce, address) => {
    const answer = await resources.admit(hello, serverNonce, address);
    const waitMs = answer.kind === 'admitted' ? penalties.left(answer.agentId) : 0;
    return waitMs > 0 ? mustWait(waitMs) : answer;
  };
  const wires = new Set<Wire>();
  const ready = new Map<Wire, AgentConnection>();
  const gathering = createGathering({
    randomBytes: resources.randomBytes,
    fleetSize: resources.fleetSize ?? 0,
    connected: () => ready.size,
    restartMs: resources.restartMs ?? 0,
    returnsPerSecond: settings.returnsPerSecond,
  });
  let cancelSweep = clock.after(sweepMs(settings), sweep);
  let sweptAt = clock.monotonic();
  /** nobody can be called silent for the time before */
  let listeningSince = sweptAt;
  let stopped: Promise<void> | undefined;

  function open(ws: WebSocket, address: string, leave: () => void): void {
    const socketLog = log.child({ address });
    const wire: Wire = createWire({
      ...settings,
      ws,
      clock,
      turnEnd,
      budget,
      turns,
      log: socketLog,
      willPass: resources.willPass ?? (() => false),
      handle: (message) => dispatch(handlers, ready.get(wire), message, clock),
      onMalformed: () => {
        const connection = ready.get(wire);
        if (connection !== undefined) penalties.strike(connection.agentId);
      },
      onClosed: () => {
        leave();
        const connection = ready.get(wire);
        ready.delete(wire);
        if (connection !== undefined) onClosed(connection);
      },
    });
    wires.add(wire);
    void wire.ended.then(() => wires.delete(wire));
    const onAuthenticated = ({ agentId, agentName }: { agentId: string; agentName: string }): void => {
      leave();
      socketLog.setBindings({ agentId, agent: agentName });
    };
    shakeHands(wire, address, { ...resources, admit, log: socketLog, seats, settings, gathering, onAuthenticated })
      .then((connection) => {
        if (connection === undefined || !wire.isOpen()) return;
        ready.set(wire, connection);
        onReady(connection);
        wire.release();
      })
      .catch((error: unknown) => {
        if (!wire.isOpen()) return;
        socketLog.error({ err: error }, 'agent could not be admitted');
        wire.close(serverFailed, 'the server could not admit the agent');
      });
  }

  /**
   * One timer for all connections. A socket that the server itself does not read at the moment cannot be heard, and is not silent; nor is
   * any while the process stood still, as a sweep that comes much too late tells: what they said waits in the sockets.
   */
  function sweep(): void {
    const now = clock.monotonic();
    if (now - sweptAt > 2 * sweepMs(settings)) listeningSince = now;
    sweptAt = now;
    const deadline = now - settings.silenceSeconds * 1000;
    for (const wire of ready.keys()) {
      const heardAt = wire.heardAt() ?? Number.POSITIVE_INFINITY;
      if (Math.max(heardAt, listeningSince) <= deadline) wire.close(closeCodes.silent, 'nothing was heard from the agent');
    }
    cancelSweep = clock.after(sweepMs(settings), sweep);
  }

  async function stop(): Promise<void> {
    cancelSweep();
    const open = [...wires];
    const comeBack = serialise(gathering.restarting());
    for (const wire of open) {
      if (ready.has(wire)) wire.send(comeBack);
      wire.close(closeCodes.comeBack, 'the server is stopping: come back later');
    }
    const work = Promise.all(open.flatMap((wire) => [wire.ended, wire.settled()]));
    await within(settings.closeSeconds * 1000, work, clock);
    for (const wire of open) wire.terminate();
    await Promise.all(open.map((wire) => wire.ended));
    turnEnd.stop();
    turns.stop();
  }

  return {
    upgrade(request, socket, head) {
      const address = addressOf(request) ?? '';
      const place = stopped === undefined ? unauthenticated.enter(address) : undefined;
      if (place === undefined) {
        log.warn({ address }, 'agent socket refused: no place');
        refuseUpgrade(socket, gathering.retryAfterSeconds());
        return;
      }
      let upgraded = false;
      server.handleUpgrade(request, socket, head, (ws) => {
        upgraded = true;
        const count = ({ length }: Buffer): void => {
          if (place.received(length)) return;
          log.warn({ address }, 'agent socket cut: too much before it has proven who it is');
          socket.destroy();
        };
        socket.on('data', count);
        open(ws, address, () => {
          socket.off('data', count);
          place.leave();
        });
      });
      if (!upgraded) place.leave();
    },
    counts: () => ({ connected: ready.size, unauthenticated: unauthenticated.count() }),
    redeliver() {
      const comeBack = serialise(gathering.returning());
      for (const wire of [...ready.keys()].filter((one) => one.hasUnanswered())) {
        wire.send(comeBack);
        wire.close(closeCodes.comeBack, 'send again what was not acknowledged');
      }
    },
    stop: () => (stopped ??= stop()),
  };
}

function dispatch(
  handlers: MessageHandlers,
  connection: AgentConnection | undefined,
  message: AgentMessage,
  clock: Clock,
): Promise<void> | void {
  if (connection === undefined) return;
  if (message.type === 'heartbeat') connection.send({ type: 'heartbeat_ack', time: clock.now() });
  const handler = handlers[message.type as keyof MessageHandlers] as
    | ((connection: AgentConnection, message: AgentMessage) => Promise<void> | void)
    | undefined;
  return handler?.(connection, message);
}

const remoteAddressOf = ({ socket }: IncomingMessage): string | null => socket.remoteAddress ?? null;

const mustWait = (ms: number): Refusal => ({
  kind: 'refused',
  code: 'rate_limited',
  message: `This agent sent what cannot be read, and is let in again in ${Math.ceil(ms / 1000)} s. Update it, if that goes on.`,
  closeCode: closeCodes.comeBack,
});

/** `closeTimeout` is not yet in the types of ws. */
const serverOptions = (settings: GatewaySettings): ServerOptions & { closeTimeout: number } => ({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: maxFrameBytes,
  closeTimeout: settings.closeSeconds * 1000,
});

const sweepMs = (settings: GatewaySettings): number => Math.max(10, settings.silenceSeconds * 250);

function refuseUpgrade(socket: Duplex, retryAfterSeconds: number): void {
  socket.on('error', () => socket.destroy());
  socket.end(rawProblem('queue_full', 'The server has no place for another agent at this moment.', retryAfterSeconds));
}

/** Resolves when the work is done or the time is up, whichever is first. */
function within(ms: number, work: Promise<unknown>, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    void work.then(() => {
      cancel();
      resolve();
    });
  });
}
