import { join } from 'node:path';
import { findProgram } from '../execution/find-program.ts';
import { versionOf } from './program-version.ts';
import { beginScript } from './program-work.ts';
import type { RuntimeAdapter, RuntimeResources } from './runtime.ts';

/** Bash scripts: `bash <entry> <action> <argument>…`. */
export function createBashRuntime(resources: RuntimeResources): RuntimeAdapter {
  const find = (): string | undefined => {
    const onPath = findProgram(['bash'], resources.env);
    // the bash.exe of System32 starts the Linux subsystem, which sees neither our files nor our environment
    return onPath === undefined || /\\system32\\/i.test(onPath) ? findProgram(['bash'], gitForWindows) : onPath;
  };
  return {
    missing: () =>
      find() === undefined
        ? `Bash was not found on this host: install ${isWindows ? 'Git for Windows' : 'the package bash'}.`
        : undefined,
    version: async () => versionOf(find(), resources.env),
    begin: (job, sink) =>
      beginScript(job, sink, resources, (_env, words) => ({
        file: find() ?? 'bash',
        args: [join(job.bundleDir, job.manifest.entry), ...words],
      })),
    async close() {},
  };
}

const isWindows = process.platform === 'win32';
const gitForWindows = { PATH: ['C:\\Program Files\\Git\\bin', 'C:\\Program Files (x86)\\Git\\bin'].join(isWindows ? ';' : ':') };
