import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import type { AgentProcess } from '../tests/support/agent-process.ts';
import { eventually } from '../tests/support/eventually.ts';
import { type System, startSystem } from '../tests/support/system.ts';
import type { Cleanups } from './cleanups.ts';
import { createPoster, type Poster } from './poster.ts';

/** A real server and real agents, each in a process of its own, with folders of their own. */
export type Fleet = {
  readonly poster: Poster;
  /** Settles when all are Online and hold the plugins. */
  addAgents(count: number, slots: number): Promise<void>;
  endAgents(): Promise<void>;
  /** of resident memory */
  serverBytes(): Promise<number>;
  serverCpuSeconds(): Promise<number>;
  /** of the agent that takes most */
  agentBytes(): Promise<number>;
  /** Ends everything, then counts in the database itself. */
  end(): Promise<{ readonly succeeded: number; readonly executions: number }>;
};

export async function startFleet(cleanups: Cleanups): Promise<Fleet> {
  const system = await startSystem({
    pluginsDir: join(import.meta.dirname, 'plugins'),
    settings: { MUSTER_LOG_LEVEL: 'warn', MUSTER_HEARTBEAT_SECONDS: '2' },
  });
  const dispose = cleanups.add(() => system.dispose());
  const poster = createPoster(system.server().url, system.server().token);
  const closePoster = cleanups.add(() => poster.close());
  let agents: AgentProcess[] = [];
  let started = 0;

  return {
    poster,
    async addAgents(count, slots) {
      const names = Array.from({ length: count }, (_, index) => `bench-${String(started + index + 1).padStart(2, '0')}`);
      started += count;
      agents = await Promise.all(names.map((name) => system.startAgent(name, { slots })));
      await holdPlugins(system, count);
    },
    async endAgents() {
      await Promise.all(agents.map((agent) => agent.stop()));
      const ended = new Set(agents.map(({ name }) => name));
      for (const { id, name } of await system.api.agents())
        if (ended.has(name)) await system.api.send('DELETE', `/api/v1/agents/${id}`);
      agents = [];
    },
    serverBytes: () => metric(system, 'process_resident_memory_bytes'),
    serverCpuSeconds: () => metric(system, 'process_cpu_seconds'),
    async agentBytes() {
      const all = await system.api.agents();
      return Math.max(...all.map(({ metrics }) => metrics?.agentMemoryBytes ?? Number.NaN));
    },
    async end() {
      await closePoster();
      await system.stopAll();
      const db = new SqliteDatabase(join(system.dataDir, 'muster.db'), { readonly: true });
      const counts = db
        .prepare("SELECT count(*) AS executions, count(*) FILTER (WHERE state = 'succeeded') AS succeeded FROM executions")
        .get() as { executions: number; succeeded: number };
      db.close();
      await dispose();
      return counts;
    },
  };
}

/** So that no download is measured. */
async function holdPlugins({ api }: System, agents: number): Promise<void> {
  await eventually(
    'every agent holds the plugins',
    async () => (await api.plugins()).every(({ heldBy }) => heldBy >= agents),
    20_000,
  );
}

async function metric({ api }: System, name: string): Promise<number> {
  const { text } = await api.send('GET', '/metrics');
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}
