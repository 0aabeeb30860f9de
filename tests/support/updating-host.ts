import type { ServerMessageOf } from '../../shared/protocol.ts';
import type { ToldUpdateState } from '../../shared/update-states.ts';
import type { HelloOptions } from './agent-client.ts';
import type { ConnectedAgent, JoinedAgent } from './agents.ts';
import { heartbeat } from './heartbeat.ts';

/**
 * How a host takes an update.
 * well: downloads, switches, comes back. fails: cannot download. goes_back: the new one is broken. stays_away: switches and is never seen
 * again. is_busy: ready, and works on. is_slow: never through with the download. is_deaf: answers nothing. cannot: from source
 */
export type Manner = 'well' | 'fails' | 'goes_back' | 'stays_away' | 'is_busy' | 'is_slow' | 'is_deaf' | 'cannot';

/** A host of a fleet in tests: its agent speaks the real protocol over a real socket, one step of an update at a time. */
export type UpdatingHost = {
  readonly agent: JoinedAgent;
  manner: Manner;
  /** ids of the orders that it followed, in order */
  readonly followed: readonly string[];
  readonly cancelled: readonly string[];
  readonly acknowledged: readonly string[];
  isConnected(): boolean;
  connection(): ConnectedAgent | undefined;
  /** what it runs now */
  sha256(): string;
  come(): Promise<void>;
  leave(): void;
  /** One step of what it does. */
  act(): Promise<void>;
  /** There and back: what was sent before is heard when it resolves. */
  exchange(): Promise<void>;
};

type Task = { readonly order: ServerMessageOf<'update'>; state: ToldUpdateState | 'begun' };

export const oldSha256 = '0'.repeat(64);

export function createUpdatingHost(
  agent: JoinedAgent,
  manner: Manner,
  connect: (agent: JoinedAgent, hello?: Partial<HelloOptions>) => Promise<ConnectedAgent>,
): UpdatingHost {
  const followed: string[] = [];
  const cancelled: string[] = [];
  const acknowledged: string[] = [];
  let connection: ConnectedAgent | undefined;
  let heard = 0;
  let running = { sha256: oldSha256, version: '1.0.0' };
  let task: Task | undefined;
  let outcome: { readonly update: string; readonly state: ToldUpdateState; readonly message: string } | undefined;

  const tell = (state: ToldUpdateState, message = ''): void => {
    if (task === undefined) return;
    task.state = state;
    const told = { update: task.order.update, state, message };
    if (state === 'healthy' || state === 'failed' || state === 'rolled_back') {
      outcome = told;
      task = undefined;
    }
    connection?.send({ type: 'update_status', ...told });
  };

  function hear(): void {
    const messages = connection?.received ?? [];
    for (; heard < messages.length; heard += 1) {
      const message = messages[heard];
      if (message?.type === 'update_ack') {
        acknowledged.push(message.update);
        if (outcome?.update === message.update) outcome = undefined;
      } else if (message?.type === 'update_cancel') {
        cancelled.push(message.update);
        if (task?.order.update === message.update && task.state !== 'switching') task = undefined;
      } else if (message?.type === 'update' && task?.order.update !== message.update) {
        followed.push(message.update);
        task = { order: message, state: 'begun' };
      }
    }
  }

  async function come(): Promise<void> {
    connection = await connect(agent, { version: running.version });
    heard = 0;
    if (outcome !== undefined) connection.send({ type: 'update_status', ...outcome });
    const notUpdatable = host.manner === 'cannot' ? 'It runs from source.' : null;
    connection.send({ type: 'executable', sha256: running.sha256, commit: 'unknown', notUpdatable });
  }

  function leave(): void {
    connection?.terminate();
    connection = undefined;
  }

  async function change(order: ServerMessageOf<'update'>): Promise<void> {
    leave();
    if (host.manner === 'stays_away') return;
    if (host.manner === 'goes_back') {
      outcome = { update: order.update, state: 'rolled_back', message: 'The new agent ended at once.' };
      task = undefined;
      return come();
    }
    const { release } = order.release;
    running = { sha256: release.files[0]?.sha256 ?? '', version: release.version };
    await come();
    tell('healthy');
  }

  const host: UpdatingHost = {
    agent,
    manner,
    followed,
    cancelled,
    acknowledged,
    isConnected: () => connection !== undefined,
    connection: () => connection,
    sha256: () => running.sha256,
    come,
    leave,
    async act() {
      hear();
      if (connection === undefined || task === undefined || host.manner === 'is_deaf') return;
      if (task.state === 'begun') tell('downloading');
      else if (task.state === 'downloading' && host.manner === 'fails') tell('failed', 'The download was altered.');
      else if (task.state === 'downloading' && host.manner !== 'is_slow') tell('ready');
      else if (task.state === 'ready' && host.manner !== 'is_busy') tell('switching');
      else if (task.state === 'switching') await change(task.order);
    },
    async exchange() {
      if (connection === undefined) return;
      const before = connection.received.length;
      connection.send(heartbeat);
      await connection.next('heartbeat_ack', () => true);
      if (connection !== undefined && connection.received.length <= before) throw new Error('nothing was heard');
    },
  };
  return host;
}
