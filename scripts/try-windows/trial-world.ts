import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ExecutionDetail } from '../../shared/api/executions.ts';
import type { Run } from '../../shared/api/runs.ts';
import type { TaskDraft } from '../../tests/support/api-client.ts';
import { eventually } from '../../tests/support/eventually.ts';
import { processesWith } from '../../tests/support/processes.ts';
import { type ServerInProcess, startServerInProcess } from '../../tests/support/server-in-process.ts';
import { ownPlugins } from './own-plugins.ts';
import { makeWindowsHost, type WindowsHost, type WindowsProgram } from './windows-host.ts';

/** Something that is tried; it throws when it did not go as it should, and may answer what it saw. */
export type Trial = { readonly name: string; readonly run: (world: TrialWorld) => Promise<string | void> };

export type Done = { readonly run: Run; readonly id: string; readonly execution: ExecutionDetail; readonly log: string };

/** A server, and a Windows on which the agent is, with its folder at `C:\muster\agent…`. */
export type TrialWorld = {
  readonly host: WindowsHost;
  readonly agentExe: string;
  readonly agentDir: string;
  server(): ServerInProcess;
  /** in the same folder, on the same port, after `seconds` without a server */
  restartServer(whileDown?: () => Promise<void>): Promise<void>;
  startAgent(): Promise<void>;
  /** Instead of the agent: something that starts it. */
  startProgram(file: string, args: readonly string[]): void;
  /** as a crash would */
  killAgent(): Promise<void>;
  online(): Promise<void>;
  agentLog(): string;
  serverErrors(): readonly string[];
  /** An Adhoc task on the host, to its end. */
  done(plugin: string, args: unknown, more?: Partial<Record<keyof TaskDraft, unknown>>): Promise<Done>;
  /** an Adhoc task that is not waited for; @returns its run and its execution */
  begin(plugin: string, args: unknown, more?: Partial<Record<keyof TaskDraft, unknown>>): Promise<{ runId: string; id: string }>;
  ended(runId: string): Promise<Done>;
  /** how many processes of the host have this on their command line */
  alive(mark: string): number;
  close(): Promise<void>;
};

export const agentName = 'windows-host';
const project = resolve(import.meta.dirname, '../..');

export async function startTrialWorld({ tree, agent }: { readonly tree: string; readonly agent: string }): Promise<TrialWorld> {
  const agentExe = 'C:\\muster\\muster-agent.exe';
  // a name that no other process of this machine has on its command line, and that not every program would cope with
  const agentDir = `C:\\muster\\f\u00fcr den Agenten ${process.pid}`;
  const host = await makeWindowsHost(tree, { [agentExe]: agent });
  const folder = await mkdtemp(join(tmpdir(), 'muster-try-windows-'));
  cpSync(join(project, 'plugins'), join(folder, 'plugins'), { recursive: true });
  // what some of them depend on, which is packed into their bundles
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'));
  let server = await startServerInProcess(ownPlugins, {}, { folder });
  const port = new URL(server.url).port;
  const errors: string[] = [];
  const output = join(folder, 'agent.log');
  writeFileSync(output, '');
  let program: WindowsProgram | undefined;
  let token: string | undefined;

  async function begin(plugin: string, args: unknown, more: object = {}): Promise<{ runId: string; id: string }> {
    const { run } = await server.api.createTask({ owner: agentName, plugin, args, ...more });
    const runId = run?.id ?? '';
    return { runId, id: (await server.api.executionsOf(runId))[0]?.id ?? '' };
  }

  async function ended(runId: string): Promise<Done> {
    const run = await server.api.finalRun(runId, 60);
    const id = (await server.api.executionsOf(runId))[0]?.id ?? '';
    return { run, id, execution: await server.api.execution(id), log: await server.api.log(id) };
  }

  async function stopServer(): Promise<void> {
    errors.push(...server.errors);
    await server.running.stop();
  }

  return {
    host,
    agentExe,
    agentDir,
    server: () => server,
    async restartServer(whileDown = async () => {}) {
      await stopServer();
      await whileDown();
      server = await startServerInProcess({}, { MUSTER_PORT: port }, { folder });
    },
    async startAgent() {
      token ??= (await server.api.post<{ token: string }>('/api/v1/join-tokens')).token;
      program = host.start({
        file: agentExe,
        args: ['run', '--dir', agentDir],
        env: {
          MUSTER_SERVER: server.url,
          MUSTER_JOIN_TOKEN: token,
          MUSTER_AGENT_NAME: agentName,
          MUSTER_AGENT_TAGS: 'wine,os=windows',
          MUSTER_AGENT_SLOTS: '4',
        },
        output,
      });
    },
    startProgram(file, args) {
      program = host.start({ file, args, output });
    },
    async killAgent() {
      for (const pid of processesWith(`run --dir ${agentDir}`)) process.kill(pid, 'SIGKILL');
      await program?.exited;
    },
    online: () =>
      eventually(
        'the host is Online',
        async () => (await server.api.agents()).some(({ status, connected }) => status === 'Online' && connected),
        30_000,
      ),
    agentLog: () => readFileSync(output, 'utf8'),
    serverErrors: () => [...errors, ...server.errors],
    async done(plugin, args, more) {
      const { runId } = await begin(plugin, args, more);
      return ended(runId);
    },
    begin,
    ended,
    alive: (mark) => processesWith(mark).length,
    async close() {
      await host.close();
      await server.stop();
    },
  };
}
