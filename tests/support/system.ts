import { mkdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AgentProcess, type AgentProcessOptions, startAgentProcess } from './agent-process.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import { eventually } from './eventually.ts';
import { processesAt } from './processes.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

/**
 * The whole product as its users have it: a server process, agent processes, HTTP between them and the test. Everything lives in one
 * temporary folder, on a free port.
 */
export type System = {
  readonly api: ApiClient;
  readonly folder: string;
  readonly dataDir: string;
  readonly pluginsDir: string;
  /** the present process of the server */
  server(): ServerProcess;
  /** Starts it again where it was: same folder, same port. */
  startServer(): Promise<void>;
  /** Settles when the agent is Online. */
  startAgent(name: string, options?: AgentOptions): Promise<AgentProcess>;
  /** In the folder that the server watches. */
  writePlugin(path: string, text: string): Promise<void>;
  /** Settles when the agent of this name is connected. */
  connected(...names: readonly string[]): Promise<void>;
  /** Ends every process in order, and keeps the folder. @returns a sentence for each that did not */
  stopAll(): Promise<string[]>;
  /** Ends every process and removes the folder. @throws if something was left running that should have ended with its agent */
  dispose(): Promise<void>;
};

export type SystemOptions = {
  /** files of a plugins folder of its own, by their paths */
  readonly plugins?: Readonly<Record<string, string>>;
  /** otherwise: the plugins folder; default: the plugins that come with Muster */
  readonly pluginsDir?: string;
  /** variables of the server */
  readonly settings?: Readonly<Record<string, string>>;
};

export type AgentOptions = Pick<AgentProcessOptions, 'slots' | 'tags' | 'executable' | 'settings'>;

const bundledPlugins = fileURLToPath(new URL('../../plugins', import.meta.url));

export async function startSystem({
  plugins,
  pluginsDir: givenPluginsDir = bundledPlugins,
  settings,
}: SystemOptions = {}): Promise<System> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-system-'));
  const dataDir = join(folder, 'data');
  const pluginsDir = plugins === undefined ? givenPluginsDir : join(folder, 'plugins');
  const agents: AgentProcess[] = [];

  async function writePlugin(path: string, text: string): Promise<void> {
    const file = join(folder, 'plugins', path);
    mkdirSync(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  for (const [path, text] of Object.entries(plugins ?? {})) await writePlugin(path, text);

  const start = (port = 0) => startServerProcess({ dataDir, pluginsDir, port, ...(settings === undefined ? {} : { settings }) });
  let server: ServerProcess;
  try {
    server = await start();
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  const api = createApiClient({ url: () => server.url, token: () => server.token });

  function connected(...names: readonly string[]): Promise<void> {
    return eventually(
      `${names.join(', ')} connected`,
      async () => {
        const ended = agents.find((agent) => names.includes(agent.name) && !agent.isRunning());
        if (ended !== undefined) throw new Error(`The agent ${ended.name} ended:\n${ended.output()}`);
        const online = new Set((await api.agents()).filter((agent) => agent.connected).map(({ name }) => name));
        return names.every((name) => online.has(name));
      },
      15_000,
    );
  }

  async function stopAll(): Promise<string[]> {
    const running = [...agents, server].filter((program) => program.isRunning());
    const ends = await Promise.all(running.map((program) => program.stop()));
    return running
      .filter((_, index) => !ends[index])
      .map(({ endedBy, output }) => `A process did not end in order (${endedBy()}):\n${output()}`);
  }

  /** @returns how many there were */
  function killLeftovers(): number {
    const left = process.platform === 'linux' ? processesAt(folder) : [];
    for (const pid of left) process.kill(pid, 'SIGKILL');
    return left.length;
  }

  return {
    api,
    folder,
    dataDir,
    pluginsDir,
    server: () => server,
    async startServer() {
      server = await start(Number(new URL(server.url).port));
    },
    async startAgent(name, options = {}) {
      const { token } = await api.post<{ token: string }>('/api/v1/join-tokens');
      const agent = startAgentProcess({
        name,
        folder: join(folder, 'agents', name),
        serverUrl: server.url,
        joinToken: token,
        ...options,
      });
      agents.push(agent);
      await connected(name);
      return agent;
    },
    writePlugin,
    connected,
    stopAll,
    async dispose() {
      const faults = await stopAll();
      const left = killLeftovers();
      if (left > 0) faults.push(`${left} processes of jobs were left running.`);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      if (faults.length > 0) throw new Error(faults.join('\n'));
    },
  };
}
