import { join } from 'node:path';
import { findProgram } from '../execution/find-program.ts';
import { versionOf } from './program-version.ts';
import { beginScript } from './program-work.ts';
import type { RuntimeAdapter, RuntimeResources } from './runtime.ts';

const askForVersion = ['-NoLogo', '-NoProfile', '-NonInteractive', '-Command', '$PSVersionTable.PSVersion.ToString()'];

/**
 * PowerShell scripts: `pwsh -File <entry> <action> <argument>…`; PowerShell 7 where it is installed, else Windows PowerShell 5.1.
 * `-File` and not `-Command`: arguments are passed as they are, and an error that nobody catches gives exit code 1.
 */
export function createPowershellRuntime(resources: RuntimeResources): RuntimeAdapter {
  const find = (): string | undefined => findProgram(['pwsh', 'powershell'], resources.env);
  return {
    missing: () => (find() === undefined ? 'PowerShell was not found on this host: install PowerShell 7 (`pwsh`).' : undefined),
    version: async () => versionOf(find(), resources.env, askForVersion),
    begin: (job, sink) =>
      beginScript(job, sink, resources, (_env, words) => ({
        file: find() ?? 'pwsh',
        args: [...options, '-File', join(job.bundleDir, job.manifest.entry), ...words],
      })),
    async close() {},
  };
}

const isWindows = process.platform === 'win32';

// the execution policy of a host is made for what a person downloads; a bundle is signed, and verified by the agent
const options = ['-NoLogo', '-NoProfile', '-NonInteractive', ...(isWindows ? ['-ExecutionPolicy', 'Bypass'] : [])];
