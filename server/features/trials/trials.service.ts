import type { Execution, ExecutionDetail, LogSlice } from '../../../shared/api/executions.ts';
import type { PluginSummary, PluginVersion } from '../../../shared/api/plugins.ts';
import type { TaskCreated } from '../../../shared/api/runs.ts';
import type { Task, TaskInput } from '../../../shared/api/tasks.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { Actor } from '../../platform/http/actor.ts';
import type { AgentView } from '../agents/agents.ts';
import type { PluginView } from '../plugins/plugins.ts';
import { whyNotHere } from './trial-hosts.ts';
import { endOfLog, type ShownChunk } from './trial-log.ts';

/** A plugin in one of its stored versions, as it would be tried. */
export type TriedVersion = { readonly plugin: PluginSummary; readonly versions: readonly PluginVersion[] };

export type Trial = {
  readonly execution: ExecutionDetail;
  readonly task: Task;
  readonly log: { readonly chunks: readonly ShownChunk[]; readonly isCut: boolean };
};

export type Trials = {
  /** @param wanted as a person names it; undefined or '': the current one; @throws MusterError not_found, field_invalid */
  version(name: string, wanted: string | undefined): Promise<TriedVersion>;
  /** Runs it once, on one host that is online, pinned to the version that is named. @throws MusterError owner_unknown, … */
  start(input: TaskInput, actor: Actor): Promise<{ readonly executionId: string }>;
  /** @throws MusterError not_found: also for an execution of another plugin */
  of(name: string, executionId: string): Promise<Trial>;
};

export type TrialsResources = {
  readonly plugins: () => Promise<readonly PluginSummary[]>;
  readonly history: {
    versions(name: string): Promise<readonly PluginVersion[]>;
    version(name: string, version: string): Promise<{ readonly sha256: string }>;
  };
  readonly byHash: (sha256: string) => PluginView | undefined;
  readonly agentNamed: (name: string) => AgentView | undefined;
  readonly create: (input: TaskInput, actor: Actor) => Promise<TaskCreated>;
  readonly task: (id: string) => Promise<Task>;
  readonly executionsOf: (query: { runId: string; limit: number }) => Promise<{ readonly items: readonly Execution[] }>;
  readonly execution: (id: string) => Promise<ExecutionDetail>;
  readonly readLog: (
    id: string,
    range: { readonly offset: number; readonly limit: number },
  ) => Promise<{ readonly chunks: readonly LogSlice['chunks'][number][] }>;
};

const logCharacters = 24 * 1024;
const logBytesRead = 96 * 1024;
/** A host that vanishes at this very moment: the trial ends soon, and does not start an hour later. */
const offlinePolicy = { ifOffline: 'fail', expiresAfter: 60 } as const;

export function createTrials(resources: TrialsResources): Trials {
  const platformsOf = (sha256: string): readonly string[] | undefined => resources.byHash(sha256)?.manifest.platforms;

  return {
    async version(name, wanted = '') {
      const current = (await resources.plugins()).find((plugin) => plugin.name === name);
      if (current === undefined) throw new MusterError('not_found', `There is no plugin "${name}".`);
      const versions = await resources.history.versions(name);
      if (wanted.trim() === '') return { plugin: current, versions };
      const { sha256 } = await resources.history.version(name, wanted);
      const view = resources.byHash(sha256);
      if (view === undefined) throw new MusterError('not_found', 'This version of the plugin is not stored any more.');
      const { version, runtime, actions, platforms = null, description } = view.manifest;
      return { plugin: { ...current, version, sha256, runtime, actions, platforms, description }, versions };
    },
    async start(input, actor) {
      const agent = resources.agentNamed(input.owner);
      const fault =
        agent === undefined
          ? `There is no host "${input.owner}". A trial runs on one host, by its name.`
          : whyNotHere(agent, platformsOf(input.pluginVersion ?? ''));
      if (fault !== undefined) throw new MusterError('owner_unknown', fault, { field: 'owner' });
      const { run } = await resources.create({ ...input, ...offlinePolicy, type: 'Adhoc' }, actor);
      const [first] = run === null ? [] : (await resources.executionsOf({ runId: run.id, limit: 1 })).items;
      if (first === undefined) throw new MusterError('internal', 'The trial has no execution.');
      return { executionId: first.id };
    },
    async of(name, executionId) {
      const execution = await resources.execution(executionId);
      if (execution.plugin !== name) throw new MusterError('not_found', `This execution is not one of the plugin "${name}".`);
      const offset = Math.max(0, execution.logBytes - logBytesRead);
      const [task, log] = await Promise.all([
        resources.task(execution.taskId),
        resources.readLog(executionId, { offset, limit: logBytesRead }),
      ]);
      const end = endOfLog(log.chunks, logCharacters);
      return { execution, task, log: { chunks: end.chunks, isCut: end.isCut || offset > 0 } };
    },
  };
}
