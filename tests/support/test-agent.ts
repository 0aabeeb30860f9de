import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type AgentResources, type RunningAgent, startAgent } from '../../agent/main.ts';
import type { AgentSettings } from '../../agent/settings.ts';
import { secret } from '../../shared/secret.ts';
import { createFakeExecutor, type FakeExecutor } from './fake-executor.ts';
import { type FakeServer, type FakeServerOptions, startFakeServer } from './fake-server.ts';

/** A real agent in a folder of its own against a fake server, with a fake executor. */
export type AgentBench = {
  readonly server: FakeServer;
  readonly executor: FakeExecutor;
  readonly dir: string;
  /** Starts an agent on the folder: the first, or the next after it ended. Reconnects without waiting. */
  start(settings?: Partial<AgentSettings>, resources?: Partial<AgentResources>): Promise<RunningAgent>;
  /** Stops whatever runs and removes the folder. */
  close(): Promise<void>;
};

export async function openAgentBench(options: FakeServerOptions = {}): Promise<AgentBench> {
  const server = await startFakeServer(options);
  const executor = createFakeExecutor();
  const dir = mkdtempSync(join(tmpdir(), 'muster-agent-'));
  const agents: RunningAgent[] = [];
  return {
    server,
    executor,
    dir,
    async start(settings, resources) {
      const agent = await startAgent(
        {
          server: server.url,
          joinToken: secret(server.joinToken),
          name: 'web-1',
          dir,
          ca: undefined,
          proxy: undefined,
          slots: 4,
          tags: [],
          drainSeconds: 0,
          outboxBytes: 1024 ** 3,
          minFreeBytes: 1024 * 1024,
          logLevel: 'silent',
          ...settings,
        },
        {
          log: pino({ level: process.env.MUSTER_TEST_LOG ?? 'silent' }),
          random: () => 0,
          createExecutor: executor.create,
          readAllFacts: async () => ({}),
          ...resources,
        },
      );
      agents.push(agent);
      return agent;
    },
    async close() {
      executor.endAll();
      // nobody acknowledges any more: an agent need not wait for it
      await server.goAway();
      await Promise.all(agents.map((agent) => agent.stop()));
      await server.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
