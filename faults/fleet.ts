import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiClient, createApiClient } from '../tests/support/api-client.ts';
import { startProgram } from '../tests/support/child-program.ts';
import { eventually } from '../tests/support/eventually.ts';
import { processesMarked } from '../tests/support/processes.ts';
import { startServerProcess } from '../tests/support/server-process.ts';
import { type Link, openLink } from './link.ts';
import type { Random } from './random.ts';
import { createSeat, type Seat } from './seat.ts';
import { workPlugins } from './work-plugins.ts';

/** One server and several agents as processes of their own, each agent behind a link of its own, all in one temporary folder. */
export type Fleet = {
  readonly folder: string;
  readonly dataDir: string;
  /** the files that the work writes */
  readonly workDir: string;
  readonly api: ApiClient;
  readonly server: Seat;
  readonly agents: readonly FleetAgent[];
  serverPort(): number;
  writePlugins(version: number): void;
  connected(names: readonly string[], patienceMs: number): Promise<void>;
  /** processes that any of this started and that are still there */
  leftovers(): number[];
  /** Ends what is left by force; the folder stays. */
  close(): Promise<void>;
  remove(): Promise<void>;
};

export type FleetAgent = { readonly name: string; readonly folder: string; readonly seat: Seat; readonly link: Link };

export type FleetOptions = {
  readonly agents: readonly string[];
  readonly random: Random;
  /** protections that are turned off */
  readonly broken: readonly string[];
  readonly slots?: number;
  readonly settings?: Readonly<Record<string, string>>;
  /** called with each folder of data before it is used: the place to put something else under it */
  readonly prepare?: (target: 'server' | number, folder: string) => void;
};

/** Short times, so that a run reaches what usually takes hours. */
export const shortTimes = {
  MUSTER_HEARTBEAT_SECONDS: '1',
  MUSTER_IDLE_AFTER_SECONDS: '5',
  MUSTER_OFFLINE_AFTER_SECONDS: '10',
  MUSTER_LEASE_SECONDS: '3',
  MUSTER_LOST_AFTER_SECONDS: '8',
} as const;

/** The one variable that reaches whatever an agent starts: names of this kind pass to jobs. */
const markName = 'LC_MUSTER_FAULTS';
const preload = new URL('./preload.ts', import.meta.url).href;

export async function startFleet({
  agents: names,
  random,
  broken,
  slots = 8,
  settings = {},
  prepare,
}: FleetOptions): Promise<Fleet> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-faults-'));
  const dataDir = join(folder, 'data');
  const pluginsDir = join(folder, 'plugins');
  const workDir = join(folder, 'work');
  for (const dir of [dataDir, pluginsDir, workDir]) mkdirSync(dir, { recursive: true });
  prepare?.('server', dataDir);
  const env = {
    [markName]: folder,
    MUSTER_FAULTS_BREAK: broken.join(','),
    // changed sources must not get into the cache of compiled code that everybody uses
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
    ...settings,
  };
  const flags = ['--import', preload];
  let port = 0;
  let token = '';

  function writePlugins(version: number): void {
    for (const [path, text] of Object.entries(workPlugins(version))) writeFileSync(join(pluginsDir, path), text);
  }
  writePlugins(1);

  const server = createSeat('server', async () => {
    const process = await startServerProcess({
      dataDir,
      pluginsDir,
      port,
      settings: { ...env, MUSTER_LOG_LEVEL: 'warn' },
      flags,
    });
    port = Number(new URL(process.url).port);
    token = process.token;
    return process;
  });
  const api = createApiClient({ url: () => `http://127.0.0.1:${port}`, token: () => token });
  const agents: FleetAgent[] = [];

  async function addAgent(name: string, index: number): Promise<void> {
    const link = await openLink(() => port, random.fork(name).next);
    const agentFolder = join(folder, 'agents', name);
    prepare?.(index, agentFolder);
    const { token: joinToken } = await api.post<{ token: string }>('/api/v1/join-tokens');
    const seat = createSeat(name, async () =>
      startProgram({
        program: 'agent',
        flags,
        env: {
          ...env,
          MUSTER_SERVER: `http://127.0.0.1:${link.port}`,
          MUSTER_JOIN_TOKEN: joinToken,
          MUSTER_AGENT_NAME: name,
          MUSTER_AGENT_DIR: agentFolder,
          MUSTER_AGENT_SLOTS: String(slots),
          MUSTER_AGENT_TAGS: index % 2 === 0 ? 'even' : 'odd',
          MUSTER_AGENT_DRAIN_SECONDS: '1',
          MUSTER_LOG_LEVEL: 'warn',
        },
      }),
    );
    agents.push({ name, folder: agentFolder, seat, link });
    await seat.start();
  }

  function connected(wanted: readonly string[], patienceMs: number): Promise<void> {
    return eventually(
      `${wanted.join(', ')} connected`,
      async () => {
        const online = new Set((await api.agents().catch(() => [])).filter((agent) => agent.connected).map(({ name }) => name));
        return wanted.every((name) => online.has(name));
      },
      patienceMs,
    );
  }

  const fleet: Fleet = {
    folder,
    dataDir,
    workDir,
    api,
    server,
    agents,
    serverPort: () => port,
    writePlugins,
    connected,
    leftovers: () => processesMarked(markName, folder),
    async close() {
      await Promise.all([...agents.map(({ seat }) => seat.kill()), server.kill()]);
      await Promise.all(agents.map(({ link }) => link.close()));
      for (const pid of processesMarked(markName, folder)) killQuietly(pid);
      rmSync(join(folder, 'compiled'), { recursive: true, force: true });
    },
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
  try {
    await server.start();
    for (const [index, name] of names.entries()) await addAgent(name, index);
    await connected(names, 20_000);
    await eventually('the plugins are known', async () => (await api.plugins()).length >= 3, 10_000);
    return fleet;
  } catch (error) {
    await fleet.close();
    await fleet.remove();
    throw error;
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone meanwhile
  }
}
