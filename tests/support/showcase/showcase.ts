import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { signedInCookie } from '../../../bench/pages/signed-in.ts';
import { writeStandInRelease } from '../stand-in-release.ts';
import { type System, startSystem } from '../system.ts';
import { joinFleet } from './fleet.ts';
import { type ShownHost, showcaseHosts } from './hosts.ts';
import { writeMetricHistory } from './metric-history.ts';
import { writePastRuns } from './past-runs.ts';
import { invitePeople, operator } from './people.ts';
import { pushPlugins } from './plugins.ts';
import { doWork, type PresentWork } from './present-work.ts';
import { createSchedules, showcaseSchedules } from './schedules.ts';
import { beginUpdate, clonedHost, markAsTwo } from './update.ts';

/**
 * A server with something on every page: a fleet (most of it simulated, two agents are real), what it did in the last weeks, and what it
 * does now.
 *
 *   empty server ──> hosts join, schedules, people, plugins ──(stopped)──> history is written ──(started)──> hosts connect ──> work
 */
export type Showcase = PresentWork & {
  readonly system: System;
  readonly url: string;
  /** as a person of all permissions is signed in: the cookie of the session */
  readonly cookie: string;
  /** a server that was started for the first time a moment ago */
  readonly fresh: { readonly url: string; readonly cookie: string };
  readonly agentId: string;
  /** a host that was cloned */
  readonly duplicatedAgent: string;
  /** an update of the agents that is under way */
  readonly updateId: string;
  readonly scheduledTask: string;
  dispose(): Promise<void>;
};

const builders = ['build-01', 'build-02'] as const;
const hourSeconds = 3600;

/** @param hosts how many are simulated, 25 or more */
export async function openShowcase(hosts: number): Promise<Showcase> {
  const settings = { MUSTER_LOG_LEVEL: 'warn' };
  const agentsDir = await mkdtemp(join(tmpdir(), 'muster-release-'));
  writeStandInRelease(agentsDir, { version: '0.2.0', commit: '7be04d91c2a6', platforms: ['linux-x64', 'windows-x64'] });
  const [system, fresh] = await Promise.all([
    startSystem({ settings: { ...settings, MUSTER_AGENTS_DIR: agentsDir } }),
    startSystem({ settings }),
  ]);
  try {
    await fresh.startAgent('this-host');
    return await fill(system, fresh, agentsDir, showcaseHosts(hosts));
  } catch (error) {
    await Promise.all([system.dispose(), fresh.dispose(), rm(agentsDir, { recursive: true, force: true })]);
    throw error;
  }
}

async function fill(system: System, fresh: System, agentsDir: string, hosts: readonly ShownHost[]): Promise<Showcase> {
  const { api } = system;
  const fleet = await joinFleet(system.server().url, api, hosts);
  const idOf = (name: string): string => fleet.ids.get(name) ?? '';
  const tasks = await createSchedules(api);
  await invitePeople(api);
  await pushPlugins(api);
  await api.post('/api/v1/tasks', {
    name: 'Retired report',
    owner: 'ALL',
    plugin: 'shell',
    args: { command: 'report' },
    type: 'Interval',
    everySeconds: 86_400,
  });
  const retired = await api.get<{ items: { id: string; name: string }[] }>('/api/v1/tasks?limit=50');
  await api.post(`/api/v1/tasks/${retired.items.find(({ name }) => name === 'Retired report')?.id}/pause`);

  await system.server().stop();
  writeHistory(system.dataDir, hosts, idOf);
  await system.startServer();
  await fleet.connect(system.server().url);
  await Promise.all(builders.map((name) => system.startAgent(name, { tags: ['build', 'region=fra1'] })));
  const work = await doWork(system, builders);
  const updateId = await beginUpdate(api);

  return {
    system,
    url: system.server().url,
    cookie: await signIn(system.server().url),
    fresh: { url: fresh.server().url, cookie: await signedInCookie(fresh.server().signInUrl) },
    ...work,
    agentId: idOf('web-001'),
    duplicatedAgent: idOf(clonedHost),
    updateId,
    scheduledTask: tasks[0]?.id ?? '',
    async dispose() {
      fleet.close();
      await Promise.all([system.dispose(), fresh.dispose(), rm(agentsDir, { recursive: true, force: true })]);
    },
  };
}

function writeHistory(dataDir: string, hosts: readonly ShownHost[], idOf: (name: string) => string): void {
  const now = Date.now();
  const database = new SqliteDatabase(join(dataDir, 'muster.db'));
  try {
    database.pragma('synchronous = OFF');
    const histories = hosts.map((host) => ({
      host,
      agentId: idOf(host.name),
      back:
        host.name === 'web-001'
          ? { raw: 2 * hourSeconds, minute: 26 * hourSeconds, quarter: 8 * 24 * hourSeconds }
          : { minute: 2 * hourSeconds },
    }));
    writeMetricHistory(database, histories, now);
    const seen = database.prepare('UPDATE agents SET last_seen_at = ? WHERE name = ?');
    for (const { name, presence } of hosts)
      if (presence !== 'connected') seen.run(presence === 'gone' ? now - 5 * hourSeconds * 1000 : now - 90_000, name);
    markAsTwo(database, now);
    writePastRuns(database, showcaseSchedules, now);
    database.prepare("INSERT INTO milestones (name, reached_at, reached_by) VALUES ('welcomed', ?, 'system')").run(now);
  } finally {
    database.close();
  }
}

async function signIn(url: string): Promise<string> {
  const answer = await fetch(`${url}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: url },
    body: new URLSearchParams({ name: operator.name, password: operator.password }),
  });
  const cookie = answer.headers
    .getSetCookie()
    .map((set) => set.split(';', 1)[0])
    .join('; ');
  if (cookie === '') throw new Error(`The operator of the showing could not sign in: ${answer.status} ${await answer.text()}`);
  return cookie;
}
