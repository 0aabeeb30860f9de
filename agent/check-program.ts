import { parseArgs } from 'node:util';
import { MusterError } from '../shared/errors.ts';
import { trustAuthority } from './link/trust.ts';
import { readAgentSettings } from './settings.ts';

/** `muster-agent check --dir DIR`: whether an agent could start with the settings that it would find there; exit code 2 if not. */
export async function runCheck(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { values: flags } = parseArgs({ args: [...args], options: { dir: { type: 'string' } } });
  try {
    const { values } = await readAgentSettings({ flags, env, cwd: process.cwd() });
    if (values.ca !== undefined) trustAuthority(values.ca);
  } catch (error) {
    if (!(error instanceof MusterError)) throw error;
    process.stdout.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}
