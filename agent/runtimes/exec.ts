import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beginScript } from './program-work.ts';
import type { RuntimeAdapter, RuntimeResources } from './runtime.ts';

/** Any program that the bundle brings along: `<entry> <action> <argument>…`. */
export function createExecRuntime(resources: RuntimeResources): RuntimeAdapter {
  return {
    missing: () => undefined,
    version: async () => 'native',
    begin: (job, sink) =>
      beginScript(job, sink, resources, (env, words) => {
        const entry = entryOf(join(job.bundleDir, job.manifest.entry));
        if (!isBatch(entry)) return { file: entry, args: words };
        // cmd.exe expands what looks like a variable even inside quotes: only the action, which cannot hold any, stands on its line
        return { file: env.ComSpec ?? 'cmd.exe', args: ['/d', '/s', '/c', `""${entry}" ${job.action}"`], verbatim: true };
      }),
    async close() {},
  };
}

/** On Windows an entry without an ending means the program or batch file beside it. */
function entryOf(path: string): string {
  if (process.platform !== 'win32' || /\.[A-Za-z0-9]+$/.test(path)) return path;
  return ['.exe', '.cmd', '.bat'].map((ending) => path + ending).find(existsSync) ?? path;
}

const isBatch = (path: string): boolean => process.platform === 'win32' && /\.(cmd|bat)$/i.test(path);
