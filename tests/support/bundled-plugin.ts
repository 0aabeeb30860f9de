import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Job } from '../../agent/execution/job.ts';
import type { Json } from '../../shared/json.ts';
import { pluginManifest } from '../../shared/plugin-manifest.ts';
import { createJobBench, type FinishedJob, type StartedJob } from './jobs.ts';

/** A plugin of the `plugins` folder, run by a real executor in real processes. */
export type BundledPlugin = {
  start(args: Json, action?: string, job?: Partial<Job>): StartedJob;
  run(args: Json, action?: string, job?: Partial<Job>): Promise<FinishedJob>;
  /**
   * Runs every example of its manifest; throws if one does not succeed.
   * @param onThisMachine puts the paths and addresses of the test in place of those that an example shows
   */
  runExamples(onThisMachine?: (example: Json) => Json, job?: Partial<Job>): Promise<void>;
  close(): Promise<void>;
};

export function createBundledPlugin(folder: string): BundledPlugin {
  const bench = createJobBench();
  const manifest = pluginManifest.parse(JSON.parse(readFileSync(join(folder, 'plugin.json'), 'utf8')));
  const plugin = bench.installed(folder, manifest);
  const start = (args: Json, action = 'main', job: Partial<Job> = {}): StartedJob =>
    bench.start(plugin, { ...job, args, action });
  const run = (args: Json, action?: string, job?: Partial<Job>): Promise<FinishedJob> => start(args, action, job).finished;
  return {
    start,
    run,
    async runExamples(onThisMachine = (example) => example, job = {}) {
      for (const [action, { examples = [] }] of Object.entries(manifest.actions)) {
        for (const example of examples) {
          const { outcome, message, all } = await run(onThisMachine(example as Json), action, job);
          if (outcome !== 'succeeded') throw new Error(`${action} ${JSON.stringify(example)}: ${outcome}, ${message}\n${all}`);
        }
      }
    },
    close: bench.close,
  };
}
