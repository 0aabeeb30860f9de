import type { PluginManifest, Runtime } from '../../shared/plugin-manifest.ts';
import { createLimitKeeper } from '../limits/limit-keeper.ts';
import { createBashRuntime } from '../runtimes/bash.ts';
import { createExecRuntime } from '../runtimes/exec.ts';
import { createNodeRuntime } from '../runtimes/node.ts';
import { createPowershellRuntime } from '../runtimes/powershell.ts';
import { createPythonRuntime } from '../runtimes/python.ts';
import type { RuntimeAdapter } from '../runtimes/runtime.ts';
import { baseEnvironment } from './environment.ts';
import type { CreateExecutor, Executor, RunningJob } from './job.ts';
import { createProcessTree } from './process-tree.host.ts';
import { runJob } from './running-job.ts';

/** Runs jobs: picks the runtime, watches each job to its end, ends all of them when the agent stops. */
export const createExecutor: CreateExecutor = ({ log, clock, startedBy, maxWarm, selfCommand, cgroups }) => {
  const tree = createProcessTree({ clock, startedBy });
  const resources = { clock, tree, limits: createLimitKeeper({ cgroups }), env: baseEnvironment(process.env, startedBy) };
  const runtimes: Readonly<Record<Runtime, RuntimeAdapter>> = {
    node: createNodeRuntime({ ...resources, log, maxWarm, selfCommand }),
    python: createPythonRuntime(resources),
    bash: createBashRuntime(resources),
    powershell: createPowershellRuntime(resources),
    exec: createExecRuntime(resources),
  };
  const running = new Set<RunningJob>();

  return {
    refusal: (manifest, action) => refusalOf(manifest, action, runtimes[manifest.runtime]),
    start(job, sink) {
      const runtime = runtimes[job.manifest.runtime];
      const started = runJob(job, sink, () => runtime.begin(job, sink), { tree, clock, log });
      running.add(started);
      void started.done.then(() => running.delete(started));
      return started;
    },
    async runtimes() {
      const versions = await Promise.all(
        Object.entries(runtimes).map(async ([name, runtime]) => [name, await runtime.version()] as const),
      );
      return Object.fromEntries(versions.filter((entry): entry is [Runtime, string] => entry[1] !== undefined));
    },
    endOrphan: tree.endOrphan,
    endStrays: tree.endStrays,
    async close() {
      for (const job of running) job.stop('shutdown', 0);
      await Promise.all([...running].map((job) => job.done));
      await Promise.all(Object.values(runtimes).map((runtime) => runtime.close()));
    },
  };
};

function refusalOf(manifest: PluginManifest, action: string, runtime: RuntimeAdapter): ReturnType<Executor['refusal']> {
  if (!Object.hasOwn(manifest.actions, action)) {
    const known = Object.keys(manifest.actions).join(', ');
    return { reason: 'action_unknown', message: `The plugin ${manifest.name} has no action ${action}; it has ${known}.` };
  }
  if (manifest.platforms !== undefined && !(manifest.platforms as readonly string[]).includes(process.platform)) {
    const message = `The plugin ${manifest.name} runs on ${manifest.platforms.join(', ')}; this host is ${process.platform}.`;
    return { reason: 'platform_unsupported', message };
  }
  const missing = runtime.missing(manifest);
  return missing === undefined ? undefined : { reason: 'runtime_missing', message: missing };
}
