import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseConfigFile, resolveSettings } from '../../shared/settings.ts';
import { agentSettings } from '../../shared/settings-agent.ts';
import { checkServerSettings, type ServerSettings, serverSettings } from '../../shared/settings-server.ts';
import type { Finding } from '../output/findings.ts';
import type { Surroundings } from '../surroundings.ts';

export type LocalSettings = { readonly findings: readonly Finding[]; readonly settings: ServerSettings | undefined };

/** The settings that a server started here and now would have. Variables of the CLI itself are no mistakes. */
export function readLocalSettings({ env, cwd }: Pick<Surroundings, 'env' | 'cwd'>): LocalSettings {
  const what = 'settings';
  try {
    const before = resolveSettings(serverSettings, { flags: {}, env }).values;
    const file = configFile(
      resolve(cwd, before.config ?? resolve(cwd, before.dataDir, 'muster.json')),
      before.config !== undefined,
    );
    const others = [...Object.values(agentSettings).map((setting) => setting.env), 'MUSTER_TOKEN'];
    const { values, sources, warnings } = resolveSettings(serverSettings, { flags: {}, env, ...(file && { file }) }, others);
    checkServerSettings(values);
    const own = Object.entries(sources).filter(([, source]) => source !== 'default');
    const detail = own.length === 0 ? 'all defaults' : own.map(([key, source]) => `${key} (${source})`).join(', ');
    return {
      settings: values,
      findings: [
        { level: 'ok', what, detail },
        ...warnings.map(
          (warning): Finding => ({ level: 'warn', what, detail: warning, remedy: 'The README has a table of all settings.' }),
        ),
      ],
    };
  } catch (error) {
    const detail = (error as Error).message;
    return {
      settings: undefined,
      findings: [{ level: 'fail', what, detail, remedy: 'The README has a table of all settings.' }],
    };
  }
}

function configFile(path: string, mustBe: boolean): ReturnType<typeof parseConfigFile> | undefined {
  try {
    return parseConfigFile(path, readFileSync(path, 'utf8'));
  } catch (error) {
    if (!mustBe && ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
