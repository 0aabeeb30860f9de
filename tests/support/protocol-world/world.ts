import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Actor } from '../../../server/platform/http/actor.ts';
import type { Database } from '../../../server/schema/schema.ts';
import { taskInput } from '../../../shared/api/tasks.ts';
import { idGenerator } from '../../../shared/ids.ts';
import { type AgentMessage, proofText, protocolVersion, type ServerMessage } from '../../../shared/protocol.ts';
import { createFakeClock } from '../clock.ts';
import { countingBytes } from '../ledger-world/counting-bytes.ts';
import { memoryFolder } from '../ledger-world/memory-folder.ts';
import { bundleOf, bundles } from '../ledger-world/plugins.ts';
import { Killed, startInstance } from '../ledger-world/server-instance.ts';
import { type AgentLife, beginLife } from './agent-life.ts';
import { fleet, type Host } from './host.ts';
import { createHostDisk, journalOf, spoolOf } from './host-disk.ts';
import { isAboutAnAttempt, type WorldLink } from './link.ts';
import type { Oracle } from './oracle.ts';
import { allProtections, type Protections } from './protections.ts';
import type { ProtocolWorld } from './protocol-world.ts';
import { createScriptedExecutor, type Work } from './scripted-work.ts';
import { serverKey } from './server-key.ts';

export const admin: Actor = { kind: 'token', id: 'tok_test', name: 'token:test', role: 'admin', csrfToken: null };

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export async function openProtocolWorld(
  db: Database,
  oracle: Oracle,
  protections: Protections = allProtections,
): Promise<ProtocolWorld> {
  const clock = createFakeClock();
  const newId = idGenerator(clock.now, countingBytes());
  const root = mkdtempSync(join(memoryFolder, 'muster-world-'));
  const pending = new Set<Promise<unknown>>();
  const failures: unknown[] = [];
  const broken: string[] = [];
  const works: Work[] = [];
  const logFrom = new Map<string, number>();
  const dead: AgentLife[] = [];
  let dispatching = false;
  let links = 0;
  let sweptAt = 0;

  const run = (work: () => Promise<unknown>): void => {
    const done = work()
      .catch((error: unknown) => {
        if (!(error instanceof Killed)) failures.push(error);
      })
      .finally(() => pending.delete(done));
    pending.add(done);
  };

  const hosts = fleet.map(({ name, os, slots }, index): Host => {
    const base = { id: newId('agent'), key: name, name, os, slots, status: 'Online', connected: false, metrics: null } as const;
    const disk = createHostDisk(join(root, `${index}.0`));
    return {
      ...base,
      mood: 'willing',
      disk,
      life: undefined,
      lives: 0,
      knownLife: undefined,
      link: undefined,
      seat: undefined,
      awayAt: undefined,
      said: [],
    };
  });
  const alive = (): Host[] => hosts.filter(({ status }) => status !== 'Revoked');
  const hostOf = (id: string): Host | undefined => hosts.find((host) => host.id === id);

  const instanceResources = {
    db,
    clock,
    newId,
    random: () => 0.5,
    plugins: bundles,
    leaseSeconds: protections.leaseSeconds,
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
        return host?.connected === true && host.seat?.connection.send(message) === true;
      },
    },
  };
  let server = await startInstance(instanceResources);

  async function begin(host: Host): Promise<void> {
    if (host.life !== undefined) return;
    const starting = beginLife({
      agentId: host.id,
      life: `${host.key}.${host.lives}`,
      name: () => host.name,
      slots: host.slots,
      clock,
      disk: host.disk,
      protections,
      createExecutor: ({ isAlive, clock: own }) =>
        createScriptedExecutor({
          host: host.key,
          isAlive,
          clock: own,
          all: works,
          onStart: ({ execution, attempt }) => {
            if (!oracle.wasConfirmed(execution, attempt))
              broken.push(`${execution}/${attempt} was started, though it is not committed as running`);
          },
          obeys: () => host.mood !== 'stubborn',
          refuses: () => host.mood === 'unable',
        }),
      onForgotten: ({ execution, attempt }) => {
        if (oracle.awaits(execution, attempt, host.id))
          broken.push(`${host.name} forgot ${execution}/${attempt}, though the ledger waits for its end`);
      },
    });
    // the journal of a slow disk is read all the same
    host.life = await starting;
  }
  for (const host of hosts) await begin(host);

  function openLink(host: Host): WorldLink {
    const from = server;
    links += 1;
    const link: WorldLink = {
      toAgent: [],
      toServer: [],
      heardByAgent: [],
      heardByServer: [],
      handlers: new Set(),
      nonce: Buffer.from(`nonce ${links}`).toString('base64'),
      connection: {
        agentId: host.id,
        agentName: host.name,
        openedAt: clock.now(),
        isOpen: () => link.isOpenForServer,
        send(message) {
          if (link.isOpenForServer && from.isAlive()) link.toAgent.push(message as ServerMessage);
          return link.isOpenForServer;
        },
        close: () => closeForServer(host, link),
      },
      events: { message() {}, closed() {} },
      isOpenForAgent: true,
      isOpenForServer: true,
      isGreeted: false,
    };
    link.toAgent.push({ type: 'challenge', protocol: protocolVersion, nonce: link.nonce, time: clock.now() });
    link.events = (host.life as AgentLife).open({
      send(message) {
        if (!link.isOpenForAgent) return;
        if (isAboutAnAttempt(message)) host.said.push(message);
        link.toServer.push(message);
      },
      hasRoom: () => true,
      onRoom() {},
      close: () => closeForAgent(link),
      setSilence() {},
      refused() {},
      established() {},
      comeBack() {},
    });
    return link;
  }

  function closeForAgent(link: WorldLink | undefined): void {
    if (link?.isOpenForAgent !== true) return;
    link.isOpenForAgent = false;
    link.events.closed();
  }

  function closeForServer(host: Host, link: WorldLink | undefined): void {
    if (link?.isOpenForServer !== true) return;
    link.isOpenForServer = false;
    if (host.seat !== link || !host.connected) return;
    host.connected = false;
    host.awayAt = clock.now();
    const { feature } = server;
    run(() => feature.presence.gone(host.id));
  }

  /** As the gateway does: the newest connection takes the seat, and waits for what is under way on the one before. */
  function greet(host: Host, link: WorldLink, hello: AgentMessage & { type: 'hello' }): void {
    const old = host.seat;
    closeForServer(host, old);
    link.isGreeted = true;
    host.awayAt = undefined;
    host.seat = link;
    const here = server;
    run(async () => {
      if (old !== undefined) await Promise.all(old.handlers);
      const { knownLife } = host;
      const continues = knownLife === undefined || hello.lives === undefined || hello.lives.includes(knownLife);
      const found = protections.reconcile ? await here.feature.presence.returned(host.id, hello.journal, continues) : undefined;
      const verdicts = found?.verdicts ?? [];
      if (!here.isAlive()) return;
      host.knownLife = hello.lives?.[0] ?? knownLife;
      // the rest of the handshake takes its time too
      for (let i = 0; i < 10; i += 1) await Promise.resolve();
      if (!link.isOpenForServer || !here.isAlive() || host.seat !== link || host.status === 'Revoked') return;
      host.connected = true;
      host.awayAt = undefined;
      link.toAgent.push({
        type: 'welcome',
        name: host.name,
        signature: serverKey.sign(proofText('server', link.nonce, hello.nonce, host.id)),
        downloadToken: '',
        heartbeatSeconds: 10,
        silenceSeconds: 30,
        time: clock.now(),
        plugins: { text: '', signature: '' },
        verdicts,
      });
      here.feature.agentChanged(host.id);
    });
  }

  function handle(host: Host, link: WorldLink, message: AgentMessage): void {
    const row = protections.fence || !('execution' in message) ? undefined : oracle.current(message.execution);
    const taken = row === undefined ? message : ({ ...message, attempt: row.attempt } as AgentMessage);
    const connection = row === undefined ? link.connection : { ...link.connection, agentId: row.agent_id ?? host.id };
    const here = server;
    const isHasty = message.type === 'result' && !protections.ackAfterCommit;
    if (isHasty) {
      // the ack leaves at once, and the commit follows a moment later, if the server lives to see it
      link.connection.send({ type: 'ack', execution: message.execution, attempt: message.attempt });
      clock.after(10, () => run(() => here.handle(connection, taken)));
      return;
    }
    const handled = here.handle(connection, taken);
    link.handlers.add(handled.catch(() => undefined));
    run(() => handled);
  }

  function tell(link: WorldLink, message: ServerMessage): void {
    if (message.type === 'offer') logFrom.set(`${message.execution}/${message.attempt}`, message.logFrom);
    link.events.message(message);
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

  /** What waits for the end of an fsync goes on, and what it starts comes to its own waiting. */
  async function settleAgents(): Promise<boolean> {
    for (let count = 0; count < 3; count += 1) await turn();
    const synced = hosts.map(({ disk }) => disk.finishSyncs());
    return synced.some((count) => count > 0);
  }

  const world: ProtocolWorld = {
    db,
    clock,
    hosts,
    works,
    logFrom,
    broken,
    server: () => server,
    run,
    startDispatch: dispatch,
    async settle() {
      for (let moved = true; moved; ) {
        moved = await settleAgents();
        for (dispatch(); pending.size > 0; dispatch()) {
          moved = true;
          await Promise.all(pending);
        }
      }
      const [failure] = failures.splice(0);
      if (failure !== undefined) throw failure;
    },
    post(input) {
      const { feature } = server;
      run(() => feature.tasks.create(taskInput.parse({ plugin: bundleOf('any').name, ...input }), admin));
    },
    connect(host) {
      if (host.life === undefined) return;
      closeForAgent(host.link);
      host.link = host.status === 'Revoked' ? undefined : openLink(host);
    },
    cut(host, seenBy) {
      if (seenBy !== 'server') closeForAgent(host.link);
      if (seenBy !== 'agent') closeForServer(host, host.link);
    },
    toServer(host, count) {
      // what was sent on a connection that is dead for the agent may still arrive
      const link = host.seat?.isOpenForServer === true && host.seat.toServer.length > 0 ? host.seat : host.link;
      if (link?.isOpenForServer !== true || (link.isGreeted && !host.connected)) return 0;
      const messages = link.toServer.splice(0, link.isGreeted ? count : 1);
      for (const message of messages) {
        link.heardByServer.push(message);
        if (message.type === 'hello') greet(host, link, message);
        else handle(host, link, message);
      }
      return messages.length;
    },
    toAgent(host, count) {
      const { link } = host;
      if (link?.isOpenForAgent !== true) return 0;
      const messages = link.toAgent.splice(0, count);
      for (const message of messages) {
        link.heardByAgent.push(message);
        tell(link, message);
      }
      return messages.length;
    },
    again(host, toward, which) {
      const link = toward === 'agent' ? host.link : host.seat;
      if (link === undefined) return;
      const heard = (toward === 'agent' ? link.heardByAgent : link.heardByServer).filter(isAboutAnAttempt);
      // the latest ones are the most likely to do harm
      const message = heard.at(-1 - (which % Math.max(1, heard.length)));
      if (message === undefined) return;
      if (toward === 'agent' && link.isOpenForAgent) tell(link, message as ServerMessage);
      if (toward === 'server' && link.isOpenForServer && host.connected) handle(host, link, message as AgentMessage);
    },
    handle(host, message) {
      if (host.seat?.isOpenForServer === true && host.connected) handle(host, host.seat, message);
    },
    sweptAt: () => sweptAt,
    sweep() {
      const { feature } = server;
      const at = clock.now();
      run(async () => {
        await feature.sweep();
        sweptAt = at;
      });
    },
    revoke(host) {
      if (host.status === 'Revoked') return;
      host.status = 'Revoked';
      closeForServer(host, host.seat);
      closeForAgent(host.link);
      const { feature } = server;
      run(() => feature.presence.removed(host.id));
    },
    async kill(host, programs, power) {
      const { life } = host;
      if (life === undefined) return;
      life.die();
      dead.push(life);
      host.life = undefined;
      host.lives += 1;
      const next = join(root, `${host.key}.${host.lives}`);
      host.disk = power === undefined ? host.disk.afterDeath(next) : host.disk.afterPowerLoss(next, power);
      if (host.link !== undefined) host.link.isOpenForAgent = false;
      if (programs === 'die' || power !== undefined) for (const work of works) if (work.host === host.key) work.isLive = false;
    },
    async forgetAll(host) {
      await this.kill(host, 'die');
      rmSync(journalOf(host.disk.folder), { force: true });
      rmSync(spoolOf(host.disk.folder), { recursive: true, force: true });
      mkdirSync(spoolOf(host.disk.folder));
    },
    begin,
    async restartServer(turns) {
      for (let count = 0; count < turns; count += 1) await turn();
      server.kill();
      dispatching = false;
      for (const host of hosts) {
        for (const link of [host.link, host.seat]) if (link !== undefined) link.isOpenForServer = false;
        host.seat = undefined;
        host.connected = false;
        host.awayAt = undefined;
      }
      while (pending.size > 0) await Promise.all(pending);
      server = await startInstance(instanceResources);
    },
    async dispose() {
      server.kill();
      for (const host of hosts) {
        if (host.link !== undefined) host.link.isOpenForAgent = false;
        if (host.life !== undefined) dead.push(host.life);
      }
      await Promise.all([...dead.map((life) => life.close()), ...pending]);
      rmSync(root, { recursive: true, force: true });
    },
  };
  return world;
}
