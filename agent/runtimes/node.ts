import { join } from 'node:path';
import type { Logger } from 'pino';
import { jobVariables } from '../execution/environment.ts';
import { endOfUnstartable } from '../execution/job-end.ts';
import { createNodePool } from './node-pool.ts';
import type { RuntimeAdapter, RuntimeResources } from './runtime.ts';

/**
 * JavaScript and TypeScript, run in a process of the agent's own Node and kept warm for the next call: the exported functions of the
 * entry file are the actions.
 */
export function createNodeRuntime(
  resources: RuntimeResources & {
    readonly log: Logger;
    readonly maxWarm: number;
    readonly selfCommand: (subcommand: string) => { file: string; args: string[] };
  },
): RuntimeAdapter {
  const pool = createNodePool(resources);
  return {
    missing: () => undefined,
    version: async () => process.versions.node,
    async begin(job, sink) {
      const kept = resources.limits.keep(job, sink);
      try {
        const isLimited = Object.keys(job.limits).length > 0;
        const runner = await (isLimited
          ? pool.startApart(job.sha256, kept.command, kept.processMemoryMb)
          : pool.take(job.sha256));
        const { execution, attempt, agentName, action, args, secrets, workspace, artifacts } = job;
        const entry = join(job.bundleDir, job.manifest.entry);
        const sent = {
          execution,
          attempt,
          agentName,
          entry,
          action,
          args,
          env: jobVariables(job),
          secrets,
          workspace,
          artifacts,
          processMemoryMb: kept.processMemoryMb,
        };
        // what the plugin kept of a secret must not turn up in another execution, where nothing masks it
        const mayServeAgain = !isLimited && Object.keys(secrets).length === 0;
        const work = runner.serve(job, sent, sink, () => (mayServeAgain ? pool.give(runner) : runner.end()));
        if (!isLimited) return work;
        return {
          ...work,
          async finish() {
            const end = await work.finish();
            await runner.exited;
            return kept.end(end);
          },
        };
      } catch (error) {
        return kept.end(endOfUnstartable(error, "The agent's own program"));
      }
    },
    close: pool.close,
  };
}
