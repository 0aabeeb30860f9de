import { mkdirSync } from 'node:fs';
import { logLine } from '../../shared/log-line.ts';
import type { PluginContext } from '../../shared/plugin-api.ts';
import { storeArtifact } from '../artifacts/artifact-files.ts';
import { findProgram } from '../execution/find-program.ts';
import { limitedCommand } from '../limits/limited-command.ts';
import type { RunnerJob, SendToAgent } from './node-channel.ts';
import { spawnFromPlugin } from './node-spawn.ts';
import { isOwnUser } from './other-user.ts';
import type { UserFolders } from './user-folders.ts';

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
  userFolders: UserFolders,
): PluginContext {
  const context: PluginContext = {
    executionId: job.execution,
    attempt: job.attempt,
    action: job.action,
    agentName: job.agentName,
    env,
    secrets: job.secrets,
    signal,
    log: (message, fields) => send(['log', logLine(String(message), fields)]),
    progress(fraction, text = '') {
      if (Number.isFinite(fraction)) send(['progress', Math.min(1, Math.max(0, fraction)), String(text).slice(0, 1024)]);
    },
    get workspace() {
      makeWorkspace();
      return job.workspace;
    },
    storeArtifact: (source, name) => storeArtifact(job.artifacts, source, name),
    workspaceFor: async (user) => (isOwnUser(user) ? context.workspace : userFolders.folderOf(user)),
    async spawn(file, args = [], options = {}) {
      const { user } = options;
      const isOther = user !== undefined && !isOwnUser(user);
      const folder = isOther ? await userFolders.folderOf(user) : undefined;
      const cwd = options.cwd ?? folder ?? context.workspace;
      const own = folder === undefined ? { ...options.env } : { MUSTER_WORKSPACE: folder, MUSTER_ARTIFACTS: '', ...options.env };
      const other = isOther ? { user, keep: [...Object.keys(job.env), ...Object.keys(own)] } : undefined;
      // another user cannot enter it
      if (!isOther) mkdirSync(job.artifacts, { recursive: true, mode: 0o700 });
      const merged = { ...env, ...own };
      const memoryMb = job.processMemoryMb;
      const isThere = memoryMb !== undefined && (file.includes('/') || findProgram([file], merged) !== undefined);
      const command = isThere ? limitedCommand(file, args, { memoryMb }) : { file, args };
      return spawnFromPlugin(command.file, command.args, { ...options, cwd, env: merged }, signal, send, other);
    },
  };
  return context;
}
