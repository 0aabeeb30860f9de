import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../shared/json.ts';
import { pluginManifest } from '../../shared/plugin-manifest.ts';
import { createJobBench, type FinishedJob, type StartedJob } from './jobs.ts';

/** A plugin of the `plugins` folder, run by a real executor in real processes. */
export type BundledPlugin = {
  start(args: Json, action?: string): StartedJob;
  run(args: Json, action?: string): Promise<FinishedJob>;
  /**
   * Runs every example of its manifest; throws if one does not succeed.
   * @param onThisMachine puts the paths and addresses of the test in place of those that an example shows
   */
  runExamples(onThisMachine?: (example: Json) => Json): Promise<void>;
  close(): Promise<void>;
};

export function createBundledPlugin(folder: string): BundledPlugin {
  const bench = createJobBench();
  const manifest = pluginManifest.parse(JSON.parse(readFileSync(join(folder, 'plugin.json'), 'utf8')));
  const plugin = bench.installed(folder, manifest);
  const start = (args: Json, action = 'main'): StartedJob => bench.start(plugin, { args, action });
  const run = (args: Json, action = 'main'): Promise<FinishedJob> => start(args, action).finished;
  return {
    start,
    run,
    async runExamples(onThisMachine = (example) => example) {
      for (const [action, { examples = [] }] of Object.entries(manifest.actions)) {
        for (const example of examples) {
          const { outcome, message, all } = await run(onThisMachine(example as Json), action);
          if (outcome !== 'succeeded') throw new Error(`${action} ${JSON.stringify(example)}: ${outcome}, ${message}\n${all}`);
        }
      }
    },
    close: bench.close,
  };
}
