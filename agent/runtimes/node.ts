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
      try {
        const runner = await pool.take(job.sha256);
        const { execution, attempt, agentName, action, args, workspace } = job;
        const entry = join(job.bundleDir, job.manifest.entry);
        const sent = { execution, attempt, agentName, entry, action, args, env: jobVariables(job), workspace };
        return runner.serve(job, sent, sink, () => pool.give(runner));
      } catch (error) {
        return endOfUnstartable(error, "The agent's own program");
      }
    },
    close: pool.close,
  };
}
