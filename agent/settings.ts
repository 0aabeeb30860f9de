import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MusterError } from '../shared/errors.ts';
import { knownVariables } from '../shared/known-variables.ts';
import { parseConfigFile, type ResolvedSettings, resolveSettings, type Sources } from '../shared/settings.ts';
import { type AgentSettingValues, agentSettings } from '../shared/settings-agent.ts';

/** What an agent is told when it starts. Everything else it learns from the server. */
export type AgentSettings = Omit<AgentSettingValues, 'config'>;

export type StartOptions = {
  readonly flags: Sources['flags'];
  readonly env: Sources['env'];
  /** what relative paths start from */
  readonly cwd: string;
};

/**
 * The settings of the agent from flags, environment and config file, with every path absolute.
 * @throws MusterError that names the setting at fault
 */
export async function readAgentSettings({ flags, env, cwd }: StartOptions): Promise<ResolvedSettings<typeof agentSettings>> {
  const before = resolveSettings(agentSettings, { flags, env }).values;
  const file = await readConfigFile(
    before.config === undefined ? undefined : resolve(cwd, before.config),
    resolve(cwd, before.dir),
  );
  const resolved = resolveSettings(agentSettings, { flags, env, ...(file === undefined ? {} : { file }) }, knownVariables);
  const { dir, ca } = resolved.values;
  return {
    ...resolved,
    values: { ...resolved.values, dir: resolve(cwd, dir), ca: ca === undefined ? undefined : resolve(cwd, ca) },
  };
}

async function readConfigFile(named: string | undefined, dir: string): Promise<Sources['file']> {
  const path = named ?? join(dir, 'settings.json');
  try {
    return parseConfigFile(path, await readFile(path, 'utf8'));
  } catch (cause) {
    if (cause instanceof MusterError) throw cause;
    if (named === undefined && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new MusterError('field_invalid', `The config file ${path} cannot be read: ${(cause as Error).message}.`, {
      field: 'config',
      cause,
    });
  }
}
