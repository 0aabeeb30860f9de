import type { PluginContext } from '../../shared/plugin-api.ts';
import type { RunnerJob, SendToAgent } from './node-channel.ts';
import { spawnFromPlugin } from './node-spawn.ts';

/**
 * What a plugin's function gets beside its arguments.
 * @param makeWorkspace called when somebody asks for the workspace, again and again: most plugins never do
 */
export function createContext(
  job: RunnerJob,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
  send: SendToAgent,
  makeWorkspace: () => void,
): PluginContext {
  const context: PluginContext = {
    executionId: job.execution,
    attempt: job.attempt,
    action: job.action,
    agentName: job.agentName,
    env,
    signal,
    log: (message) => send(['log', `${String(message)}\n`]),
    progress(fraction, text = '') {
      if (Number.isFinite(fraction)) send(['progress', Math.min(1, Math.max(0, fraction)), String(text).slice(0, 1024)]);
    },
    get workspace() {
      makeWorkspace();
      return job.workspace;
    },
    spawn: (file, args = [], options = {}) =>
      spawnFromPlugin(
        file,
        args,
        { ...options, cwd: options.cwd ?? context.workspace, env: { ...env, ...options.env } },
        signal,
        send,
      ),
  };
  return context;
}
