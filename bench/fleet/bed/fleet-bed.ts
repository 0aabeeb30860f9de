import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { loadServerIdentity } from '../../../server/features/auth/server-identity.ts';
import type { OwnerPreview } from '../../../shared/api/agents.ts';
import { type ApiClient, createApiClient } from '../../../tests/support/api-client.ts';
import { type ServerProcess, startServerProcess } from '../../../tests/support/server-process.ts';
import type { Cleanups } from '../../cleanups.ts';
import { type Load, startLoad } from '../load/load.ts';
import { type Certificate, makeCertificate } from './certificate.ts';
import { createPosterOfMany, type PosterOfMany } from './poster-of-many.ts';
import { prepareHosts } from './prepare-hosts.ts';
import { trustCertificate } from './trust.ts';
import { readServerUsage, type ServerUsage } from './usage.ts';
import { countEnds, type Ends } from './verification.ts';

/** A real server in a process of its own, and a fleet of simulated agents that are enrolled there, in processes of their own. */
export type FleetBed = {
  readonly agents: number;
  readonly api: ApiClient;
  readonly load: Load;
  readonly dataDir: string;
  /** PEM, to be trusted by who connects; undefined without TLS */
  readonly certificateFile: string | undefined;
  /** of the server, before any agent connected */
  readonly bare: ServerUsage;
  server(): ServerProcess;
  usage(): Promise<ServerUsage>;
  /** A client that shares the connections of nobody else. */
  poster(connections: number): PosterOfMany;
  /** Settles when every agent is Online and connected, by the server's own account. */
  allOnline(patienceSeconds: number): Promise<void>;
  /** @param how `kill`: without a word; `stop`: in order */
  restartServer(how: 'kill' | 'stop'): Promise<void>;
  /** Ends everything, then counts in the database itself what became of the executions that were made since the bed was made. */
  end(): Promise<Ends>;
};

export type FleetBedOptions = {
  readonly agents: number;
  readonly slots: number;
  readonly processes: number;
  readonly tls: boolean;
  readonly heartbeatSeconds?: number;
  /** executions that the ledger holds already */
  readonly history?: number;
  /** where such ledgers are kept for the next time */
  readonly keepHistory?: string | undefined;
  /** where the server writes a processor profile when it ends */
  readonly profile?: string | undefined;
  /** further settings of the server */
  readonly settings?: Readonly<Record<string, string>>;
  /** looks at the database when the server has ended, before it is removed */
  readonly inspect?: (dataDir: string) => void;
  readonly cleanups: Cleanups;
  readonly say: (line: string) => void;
};

/** As a fleet that is switched on; a thousand connections of one address may be under way at a time. */
const connectsPerSecond = 1000;
/** Nothing that was measured may be removed while it is measured. */
const keepAll = { MUSTER_KEEP_RUNS_COUNT: '0', MUSTER_KEEP_RUNS_DAYS: '0', MUSTER_KEEP_LOGS_DAYS: '0' };
/** All but tests, and `sql`, which is only whole beside the packages that it needs. */
const bundledPlugins = join(import.meta.dirname, '../../../plugins');
const ownPlugins = join(import.meta.dirname, '../../plugins');

/** Settles when all agents are connected. */
export async function startFleetBed(options: FleetBedOptions): Promise<FleetBed> {
  const { agents, slots, processes, tls, heartbeatSeconds, history = 0, keepHistory, cleanups, say } = options;
  const folder = await mkdtemp(join(tmpdir(), 'muster-fleet-'));
  const removeFolder = cleanups.add(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const [dataDir, pluginsDir, hostsFile] = [join(folder, 'data'), join(folder, 'plugins'), join(folder, 'hosts')];
  await mkdir(dataDir, { mode: 0o700 });
  const { publicKey } = await loadServerIdentity({ dataDir, randomBytes });
  await prepareHosts({ dataDir, agents, slots, history, keepHistory, hostsFile, say });
  for (const from of [bundledPlugins, ownPlugins])
    await cp(from, pluginsDir, { recursive: true, filter: (path) => !/\.test\.ts$|\/sql$/.test(path) });
  const certificate = tls ? await makeCertificate(folder) : undefined;
  if (certificate !== undefined) trustCertificate(certificate.certFile);

  const settings = {
    MUSTER_LOG_LEVEL: 'error',
    ...keepAll,
    ...(heartbeatSeconds === undefined ? {} : { MUSTER_HEARTBEAT_SECONDS: String(heartbeatSeconds) }),
    ...tlsSettings(certificate),
    ...options.settings,
  };
  const start = (port = 0) => startServerProcess({ dataDir, pluginsDir, settings, port, flags: profileFlags(options.profile) });
  const beganAt = Date.now();
  let server = await start();
  const endServer = cleanups.add(() => server.kill());
  const api = createApiClient({ url: () => server.url, token: () => server.token });
  const bare = await readServerUsage(api);
  const load = await startLoad({
    serverUrl: server.url,
    serverPublicKey: publicKey,
    hostsFile,
    folder,
    processes,
    certificateFile: certificate?.certFile,
    cleanups,
  });
  const posters: PosterOfMany[] = [];

  const bed: FleetBed = {
    agents,
    api,
    load,
    dataDir,
    certificateFile: certificate?.certFile,
    bare,
    server: () => server,
    usage: () => readServerUsage(api),
    poster(connections) {
      const poster = createPosterOfMany({ url: server.url, token: server.token, connections });
      posters.push(poster);
      return poster;
    },
    allOnline: (patienceSeconds) => allOnline({ api, load, agents }, patienceSeconds),
    async restartServer(how) {
      const port = Number(new URL(server.url).port);
      await (how === 'kill' ? server.kill() : server.stop());
      server = await start(port);
    },
    async end() {
      for (const poster of posters) poster.close();
      await load.stop();
      await server.stop();
      await endServer();
      const ends = countEnds(dataDir, beganAt);
      options.inspect?.(dataDir);
      await removeFolder();
      return ends;
    },
  };
  say(`${agents.toLocaleString('en')} agents connect`);
  const withinMs = (agents / connectsPerSecond) * 1000;
  await load.connect(withinMs);
  await bed.allOnline(withinMs / 1000 + 60);
  return bed;
}

/** The agents are asked first: the server would spend a fifth of its time on the question. */
async function allOnline(
  { api, load, agents }: Pick<FleetBed, 'api' | 'load' | 'agents'>,
  patienceSeconds: number,
): Promise<void> {
  const end = performance.now() + patienceSeconds * 1000;
  for (;;) {
    const { connected } = await load.report();
    const ready = connected < agents ? 0 : (await api.get<OwnerPreview>('/api/v1/owners/preview?owner=ALL')).ready;
    if (ready >= agents) return;
    if (performance.now() > end)
      throw new Error(
        `${connected} of ${agents} agents are connected after ${Math.round(patienceSeconds)} s, and ${ready} Online.`,
      );
    await pause(100);
  }
}

const profileFlags = (folder: string | undefined): string[] =>
  folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(folder)}`];

const tlsSettings = (certificate: Certificate | undefined): Record<string, string> =>
  certificate === undefined ? {} : { MUSTER_TLS_CERT: certificate.certFile, MUSTER_TLS_KEY: certificate.keyFile };
