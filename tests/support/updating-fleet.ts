import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentView } from '../../server/features/agents/agents.ts';
import { createReleaseFolder, type ReleaseFolder } from '../../server/features/releases/release-folder.ts';
import { createReleases } from '../../server/features/releases/releases.service.ts';
import { createUpdates, type UpdatesFeature } from '../../server/features/updates/updates.feature.ts';
import type { MessageHandlers } from '../../server/platform/gateway/connection.ts';
import type { AgentUpdate, HostUpdate } from '../../shared/api/updates.ts';
import { idGenerator } from '../../shared/ids.ts';
import type { Release } from '../../shared/release.ts';
import { isUnderWay } from '../../shared/update-states.ts';
import { createTestIdentity, startAgents, type TestAgents } from './agents.ts';
import { createFakeClock, type FakeClock } from './clock.ts';
import { openTestDatabase } from './database.ts';
import { writeStandInRelease } from './stand-in-release.ts';
import { createUpdatingHost, type Manner, type UpdatingHost } from './updating-host.ts';

/** The updates of a server with hosts that behave as they are told: real database, real sockets, a clock that is turned by hand. */
export type UpdatingFleet = {
  readonly clock: FakeClock;
  readonly agents: TestAgents;
  readonly updates: UpdatesFeature;
  readonly hosts: ReadonlyMap<string, UpdatingHost>;
  readonly release: Release;
  /** the most that were offered or downloading at the same time so far */
  mostAtOnce(): number;
  /** Joins a host; connected unless told otherwise. */
  host(name: string, manner?: Manner, isConnected?: boolean): Promise<UpdatingHost>;
  named(name: string): UpdatingHost;
  /** Another build in the folder of the executables. */
  build(version: string): Release;
  /** Goes on second by second until it is so. @throws when it is not within so many */
  until(what: string, isSo: () => Promise<boolean> | boolean, seconds?: number): Promise<void>;
  seconds(count: number): Promise<void>;
  get(id: string): Promise<AgentUpdate>;
  rows(id: string): Promise<readonly HostUpdate[]>;
  /** The server stops and starts again on what it left; the hosts come back. */
  restart(): Promise<void>;
  dispose(): Promise<void>;
};

export async function startUpdatingFleet(): Promise<UpdatingFleet> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-updates-'));
  const database = await openTestDatabase();
  const identity = createTestIdentity();
  const clock = createFakeClock();
  const hosts = new Map<string, UpdatingHost>();
  let release = writeStandInRelease(folder, { version: '2.0.0' });
  let agents: TestAgents;
  let updates: UpdatesFeature;
  let mostAtOnce = 0;
  await start();

  async function start(): Promise<void> {
    // handlers are asked for before there are agents for them
    const late: MessageHandlers = {
      executable: (...args) => updates.messages.executable?.(...args),
      update_status: (...args) => updates.messages.update_status?.(...args),
    };
    agents = await startAgents({
      database,
      identity,
      clock,
      handlers: late,
      orderFor: (agent: AgentView) => updates.orderFor(agent),
    });
    const { log, audit, events } = agents;
    updates = createUpdates({
      db: database.db,
      clock,
      newId: idGenerator(clock.now, (size) => crypto.getRandomValues(new Uint8Array(size))),
      log,
      events,
      audit,
      agents: agents.agents,
      releases: createReleases({ folder: waitedFor(createReleaseFolder(folder, log)), identity, clock }),
      busyOf: () => 0,
      lookAtTime: async () => undefined,
    });
    await updates.start();
  }

  async function stop(): Promise<void> {
    for (const host of hosts.values()) host.leave();
    await updates.stop();
    await agents.dispose();
  }

  /** Files are read in their own time, whatever the clock of the test says. */
  const reading = new Set<Promise<unknown>>();
  function waitedFor(files: ReleaseFolder): ReleaseFolder {
    const waited = async <T>(answer: Promise<T>): Promise<T> => {
      reading.add(answer);
      try {
        return await answer;
      } finally {
        reading.delete(answer);
      }
    };
    return { ...files, read: () => waited(files.read()), has: (download) => waited(files.has(download)) };
  }

  /** What was said is heard, and what follows from it is written: there and back, again and again. */
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) {
      while (reading.size > 0) await Promise.allSettled(reading);
      await Promise.all([...hosts.values()].map((host) => host.exchange()));
      await database.db.write(async () => undefined);
    }
  }

  async function second(): Promise<void> {
    await clock.advance(1000);
    await settle();
    for (const host of hosts.values()) await host.act();
    await settle();
    const rows = await database.db.read.selectFrom('agent_update_hosts').select('state').execute();
    mostAtOnce = Math.max(
      mostAtOnce,
      rows.filter(({ state }) => isUnderWay(state) && state !== 'ready' && state !== 'switching').length,
    );
  }

  const found = (name: string): UpdatingHost => {
    const host = hosts.get(name);
    if (host === undefined) throw new Error(`There is no host ${name}.`);
    return host;
  };

  return {
    clock,
    get agents() {
      return agents;
    },
    get updates() {
      return updates;
    },
    get release() {
      return release;
    },
    hosts,
    mostAtOnce: () => mostAtOnce,
    async host(name, manner = 'well', isConnected = true) {
      const host = createUpdatingHost(await agents.join(name), manner, (agent, hello) => agents.connect(agent, hello));
      hosts.set(name, host);
      if (isConnected) await host.come();
      await settle();
      return host;
    },
    named: found,
    build(version) {
      release = writeStandInRelease(folder, { version });
      return release;
    },
    async until(what, isSo, limit = 120) {
      for (let passed = 0; passed < limit; passed += 1) {
        if (await isSo()) return;
        await second();
      }
      if (!(await isSo())) throw new Error(`Not so after ${limit} s: ${what}`);
    },
    async seconds(count) {
      for (let passed = 0; passed < count; passed += 1) await second();
    },
    get: (id) => updates.service.get(id),
    rows: async (id) => (await updates.service.hosts(id, { limit: 500 })).items,
    async restart() {
      const back = [...hosts.values()].filter((host) => host.isConnected());
      await stop();
      await start();
      for (const host of back) await host.come();
      await settle();
    },
    async dispose() {
      await stop();
      await database.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
