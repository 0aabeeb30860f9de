import type { Logger } from 'pino';
import type { ServerMessage, ServerMessageOf } from '../../shared/protocol.ts';
import type { Attempts } from '../attempts/attempts.ts';
import type { Updates } from '../update/updates.ts';
import type { SessionLink } from './connection.ts';
import { createHandshake, type HandshakeResources } from './handshake.ts';
import type { LinkEvents } from './link.ts';
import type { Uplink } from './uplink.ts';

/** Everything that a connection to the server starts, and what each message on it does. */
export type SessionResources = Omit<HandshakeResources, 'link' | 'onWelcome' | 'onUpdateOrder'> & {
  readonly attempts: Attempts;
  readonly uplink: Uplink;
  readonly plugins: {
    /** Takes over the catalogue, if it is to be believed, and fetches what is missing. Without one, the present one is the newest. */
    update(signed: ServerMessageOf<'welcome'>['plugins']): void;
    setDownloadToken(token: string | undefined): void;
  };
  readonly heartbeat: { start(everySeconds: number): void; stop(): void };
  readonly sendFacts: () => void;
  readonly updates: Pick<Updates, 'order' | 'orderOnRefusal' | 'cancel' | 'acknowledge' | 'connected'>;
  /** Tells what the agent runs as. */
  readonly sendExecutable: () => void;
  readonly onName: (name: string) => void;
  readonly onWelcomed: () => void;
  readonly log: Logger;
};

type Handlers = { readonly [T in ServerMessage['type']]?: (message: ServerMessageOf<T>) => void };

export function openSession(link: SessionLink, resources: SessionResources): LinkEvents {
  const { attempts, uplink, plugins, heartbeat, updates, log } = resources;
  let isEstablished = false;
  const handshake = createHandshake({ ...resources, link, onWelcome: begin, onUpdateOrder: updates.orderOnRefusal });

  const handlers: Handlers = {
    offer: attempts.offer,
    start: attempts.start,
    stop: attempts.stop,
    ack: attempts.ack,
    log_ack: attempts.logAck,
    log_from: attempts.logFrom,
    plugins: (message) => plugins.update(message.plugins),
    heartbeat_ack: () => {},
    come_back: link.comeBack,
    update: updates.order,
    update_cancel: (message) => updates.cancel(message.update),
    update_ack: (message) => updates.acknowledge(message.update),
  };

  function begin(welcome: ServerMessageOf<'welcome'>): void {
    isEstablished = true;
    link.established(welcome.comeBackWithinMs);
    link.setSilence(welcome.silenceSeconds);
    resources.onName(welcome.name);
    resources.onWelcomed();
    plugins.setDownloadToken(welcome.downloadToken);
    // offsets first: as soon as the uplink is up, output flows
    attempts.reconcile(welcome.verdicts);
    uplink.attach(link);
    heartbeat.start(welcome.heartbeatSeconds);
    resources.sendFacts();
    // how an update ended before what runs now: the server need not guess
    updates.connected();
    resources.sendExecutable();
    plugins.update(welcome.plugins);
    log.info({ name: welcome.name }, 'connected');
  }

  return {
    message(message) {
      if (!isEstablished) return handshake.message(message);
      const handle = handlers[message.type] as ((message: ServerMessage) => void) | undefined;
      if (handle === undefined) log.warn({ type: message.type }, 'message_out_of_place');
      else handle(message);
    },
    closed() {
      if (!isEstablished) return;
      heartbeat.stop();
      plugins.setDownloadToken(undefined);
      uplink.detach(link);
      attempts.disconnected();
    },
  };
}
