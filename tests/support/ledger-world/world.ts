import type { AgentConnection } from '../../../server/platform/gateway/connection.ts';
import type { Actor } from '../../../server/platform/http/actor.ts';
import type { Database } from '../../../server/schema/schema.ts';
import { type TaskInput, taskInput } from '../../../shared/api/tasks.ts';
import { idGenerator } from '../../../shared/ids.ts';
import type { AgentMessage, JournalEntry, ServerMessage } from '../../../shared/protocol.ts';
import { createFakeClock, type FakeClock } from '../clock.ts';
import { countingBytes } from './counting-bytes.ts';
import { createHonestAgent, type HonestAgent, type ToAgent } from './honest-agent.ts';
import { bundleOf, bundles } from './plugins.ts';
import { Killed, type ServerInstance, startInstance } from './server-instance.ts';

/**
 * The real ledger on a real database, and a made-up fleet around it: honest agents on connections that behave as TCP does. A message is
 * delayed until somebody delivers it; a connection that is cut loses what was under way, in both directions; nothing is reordered.
 */
export type World = {
  readonly db: Database;
  readonly clock: FakeClock;
  readonly hosts: readonly Host[];
  readonly starts: readonly Start[];
  server(): ServerInstance;
  /** Starts something without waiting for it; `settle` does. */
  run(work: () => Promise<unknown>): void;
  /** Lets the dispatcher and the schedules begin with what they were woken for. */
  startLoops(): void;
  /** Waits for all that is under way, fires what is due, and dispatches, until nothing more happens. */
  settle(): Promise<void>;
  post(input: Partial<TaskInput> & Record<string, unknown>): void;
  /** The agent says hello on a new connection; one that the server still thinks open is replaced. Its journal may hold more than the truth. */
  connect(host: Host, nonsense?: readonly JournalEntry[]): void;
  cut(host: Host): void;
  /** @returns how many there were */
  toServer(host: Host, count: number): number;
  toAgent(host: Host, count: number): number;
  revoke(host: Host): void;
  /** `kill -9`, after as many turns of the event loop, and a new process on the same database. */
  restart(turns: number): Promise<void>;
};

export type Host = {
  readonly id: string;
  readonly name: string;
  readonly os: string;
  readonly slots: number;
  readonly agent: HonestAgent;
  /** all that its agent ever sent about attempts */
  readonly said: AgentMessage[];
  status: 'Online' | 'Idle' | 'Offline' | 'Revoked';
  connected: boolean;
  metrics: { load1: number } | null;
  link: Link | undefined;
};

type Link = {
  readonly connection: AgentConnection;
  readonly toAgent: ToAgent[];
  readonly toServer: AgentMessage[];
  readonly handlers: Set<Promise<void>>;
  isOpen: boolean;
};

export type Start = { readonly host: Host; readonly execution: string; readonly attempt: number; readonly at: number };

export const admin: Actor = { kind: 'token', id: 'tok_test', name: 'token:test', role: 'admin', csrfToken: null };

const fleet = [
  { name: 'web1', os: 'linux', slots: 2 },
  { name: 'web2', os: 'linux', slots: 1 },
  { name: 'win1', os: 'win32', slots: 2 },
] as const;

export async function openWorld(db: Database): Promise<World> {
  const clock = createFakeClock();
  const newId = idGenerator(clock.now, countingBytes());
  const pending = new Set<Promise<unknown>>();
  const failures: unknown[] = [];
  const starts: Start[] = [];
  let dispatching = false;
  let firing = false;

  const run = (work: () => Promise<unknown>): void => {
    const done = work()
      .catch((error: unknown) => {
        if (!(error instanceof Killed)) failures.push(error);
      })
      .finally(() => pending.delete(done));
    pending.add(done);
  };

  const hosts = fleet.map(({ name, os, slots }): Host => {
    const said: AgentMessage[] = [];
    const id = newId('agent');
    const agent = createHonestAgent({
      slots,
      now: clock.now,
      onStart: (key) => void starts.push({ host, ...key, at: clock.now() }),
      onSent: (message) => void said.push(message),
    });
    const host: Host = { id, name, os, slots, agent, said, status: 'Online', connected: false, metrics: null, link: undefined };
    return host;
  });
  const alive = (): Host[] => hosts.filter(({ status }) => status !== 'Revoked');
  const hostOf = (id: string): Host | undefined => hosts.find((host) => host.id === id);

  const instanceResources = {
    db,
    clock,
    newId,
    random: () => 0.5,
    plugins: bundles,
    agents: {
      all: () => hosts,
      get: hostOf,
      resolveOwner(owner: string) {
        if (owner === 'ALL') return { kind: 'all', agents: alive() };
        if (owner === 'Anyone') return { kind: 'anyone', agents: alive() };
        return { kind: 'agent', agents: alive().filter((host) => host.name === owner) };
      },
      send(agentId: string, message: ServerMessage) {
        const host = hostOf(agentId);
        return host?.connected === true && host.link?.connection.send(message) === true;
      },
    },
  };
  let server = await startInstance(instanceResources);

  function openLink(host: Host): Link {
    const from = server;
    const link: Link = {
      connection: {
        agentId: host.id,
        agentName: host.name,
        openedAt: clock.now(),
        isOpen: () => link.isOpen,
        send(message) {
          if (link.isOpen && from.isAlive()) link.toAgent.push(message as ToAgent);
          return link.isOpen;
        },
        close: () => closeLink(host, link),
      },
      toAgent: [],
      toServer: [],
      handlers: new Set(),
      isOpen: true,
    };
    return link;
  }

  /** The server sees that the connection is gone. */
  function closeLink(host: Host, link: Link | undefined = host.link): void {
    if (link?.isOpen !== true) return;
    link.isOpen = false;
    if (host.link !== link) return;
    host.connected = false;
    const { feature } = server;
    run(() => feature.presence.gone(host.id));
  }

  function dispatch(): void {
    if (dispatching || !server.dispatchWanted()) return;
    dispatching = true;
    const { dispatch: pass } = server;
    run(() =>
      pass().finally(() => {
        dispatching = false;
      }),
    );
  }

  function fire(): void {
    if (firing || !server.firingsWanted()) return;
    firing = true;
    const { fire: pass } = server;
    run(() =>
      pass().finally(() => {
        firing = false;
      }),
    );
  }

  function beginLoops(): void {
    dispatch();
    fire();
  }

  const world: World = {
    db,
    clock,
    hosts,
    starts,
    server: () => server,
    run,
    startLoops: beginLoops,
    async settle() {
      for (beginLoops(); pending.size > 0; beginLoops()) await Promise.all(pending);
      const [failure] = failures.splice(0);
      if (failure !== undefined) throw failure;
    },
    post(input) {
      const { feature } = server;
      run(() => feature.tasks.create(taskInput.parse({ plugin: bundleOf('any').name, ...input }), admin));
    },
    connect(host, nonsense = []) {
      const old = host.link;
      host.agent.disconnected();
      closeLink(host);
      if (host.status === 'Revoked') return;
      const link = openLink(host);
      host.link = link;
      const journal = [...host.agent.hello(), ...nonsense];
      const here = server;
      run(async () => {
        if (old !== undefined) await Promise.all(old.handlers);
        const { verdicts } = await here.feature.presence.returned(host.id, journal);
        // the rest of the handshake takes its time too
        for (let i = 0; i < 10; i += 1) await Promise.resolve();
        if (!link.isOpen || !here.isAlive() || host.link !== link || host.status === 'Revoked') return;
        host.connected = true;
        link.toAgent.push({ type: 'welcome', verdicts });
        here.feature.agentChanged(host.id);
      });
    },
    cut(host) {
      host.agent.disconnected();
      closeLink(host);
      host.link = undefined;
    },
    toServer(host, count) {
      const { link } = host;
      if (link?.isOpen !== true || !host.connected) return 0;
      const messages = link.toServer.splice(0, count);
      for (const message of messages) {
        const here = server;
        const handled = here.handle(link.connection, message);
        link.handlers.add(handled.catch(() => undefined));
        run(() => handled);
      }
      return messages.length;
    },
    toAgent(host, count) {
      const { link } = host;
      const messages = link?.toAgent.splice(0, count) ?? [];
      for (const message of messages) host.agent.receive(message, (answer) => void link?.toServer.push(answer));
      return messages.length;
    },
    revoke(host) {
      if (host.status === 'Revoked') return;
      host.status = 'Revoked';
      host.agent.disconnected();
      closeLink(host);
      host.link = undefined;
      const { feature } = server;
      run(() => feature.presence.removed(host.id));
    },
    async restart(turns) {
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      server.kill();
      dispatching = false;
      firing = false;
      for (const host of hosts) {
        if (host.link !== undefined) host.link.isOpen = false;
        host.link = undefined;
        host.connected = false;
        host.agent.disconnected();
      }
      while (pending.size > 0) await Promise.all(pending);
      server = await startInstance(instanceResources);
    },
  };
  return world;
}
