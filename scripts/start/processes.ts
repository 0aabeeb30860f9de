import { entries } from '../../cli/processes/entries.ts';
import { type ServerReady, serverReady } from '../../cli/processes/server-ready.ts';
import { createLogView } from './calm-log.ts';
import { type Child, startChild } from './child.ts';
import type { StartSettings } from './start-settings.ts';
import type { Terminal } from './terminal.ts';

const serverGraceMs = 20_000;
/** on top of the time that the agent gives to running work: ending process trees, delivering results */
const agentGraceMs = 25_000;

/** @returns `ready` settles when it listens, and never if it ends before */
export function startServer(
  settings: StartSettings,
  terminal: Terminal,
): { readonly server: Child; readonly ready: Promise<ServerReady> } {
  const ready = Promise.withResolvers<ServerReady>();
  const server = startChild({
    name: 'server',
    entry: entries.server,
    args: settings.serverArgs,
    env: settings.serverEnv,
    graceMs: serverGraceMs,
    ...createLogView({ name: 'server', everything: settings.wantsLogs, ...terminal }),
    onMessage(message) {
      const parsed = serverReady.safeParse(message);
      if (parsed.success) ready.resolve(parsed.data);
    },
  });
  return { server, ready: ready.promise };
}

export type AgentPlace = { readonly url: string; readonly dir: string; readonly joinToken: string | undefined };

export function startAgent(settings: StartSettings, terminal: Terminal, { url, dir, joinToken }: AgentPlace): Child {
  return startChild({
    name: 'agent',
    entry: entries.agent,
    args: [`--server=${url}`, `--dir=${dir}`, ...settings.agentArgs],
    // not as a flag, which every user of this host could read
    env: { ...settings.agentEnv, MUSTER_JOIN_TOKEN: joinToken },
    graceMs: agentGraceMs + settings.drainSeconds * 1000,
    ...createLogView({ name: 'agent', everything: settings.wantsLogs, ...terminal }),
  });
}
