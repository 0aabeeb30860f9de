import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { MusterError } from '../shared/errors.ts';
import { knownVariables } from '../shared/known-variables.ts';
import { parseConfigFile, type ResolvedSettings, resolveSettings, type Sources } from '../shared/settings.ts';
import { checkServerSettings, serverSettings } from '../shared/settings-server.ts';

export type StartOptions = {
  readonly flags: Sources['flags'];
  readonly env: Sources['env'];
  /** what relative paths start from */
  readonly cwd: string;
};

/** The settings of the server from flags, environment and config file, with every path absolute. */
export async function readServerSettings({ flags, env, cwd }: StartOptions): Promise<ResolvedSettings<typeof serverSettings>> {
  const before = resolveSettings(serverSettings, { flags, env }).values;
  const file = await readConfigFile(
    before.config === undefined
      ? { path: resolve(cwd, before.dataDir, 'muster.json'), mayBeMissing: true }
      : { path: resolve(cwd, before.config), mayBeMissing: false },
  );
  if (before.config === undefined && file !== undefined && Object.hasOwn(file.content, 'dataDir')) {
    throw new MusterError(
      'field_invalid',
      `dataDir cannot be set in ${file.path}, which is found by it. Set MUSTER_DATA_DIR, or name the file with MUSTER_CONFIG.`,
      {
        field: 'dataDir',
      },
    );
  }
  const resolved = resolveSettings(serverSettings, { flags, env, ...(file === undefined ? {} : { file }) }, knownVariables);
  checkServerSettings(resolved.values);
  const { values } = resolved;
  const absolute = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(cwd, path));
  return {
    ...resolved,
    values: {
      ...values,
      config: file?.path,
      dataDir: resolve(cwd, values.dataDir),
      pluginsDir: resolve(cwd, values.pluginsDir),
      agentsDir: absolute(values.agentsDir),
      tlsCert: absolute(values.tlsCert),
      tlsKey: absolute(values.tlsKey),
    },
  };
}

async function readConfigFile({
  path,
  mayBeMissing,
}: {
  readonly path: string;
  readonly mayBeMissing: boolean;
}): Promise<Sources['file']> {
  try {
    return parseConfigFile(path, await readFile(path, 'utf8'));
  } catch (cause) {
    if (cause instanceof MusterError) throw cause;
    if (mayBeMissing && isMissing(cause)) return undefined;
    throw new MusterError('field_invalid', `The config file ${path} cannot be read: ${(cause as Error).message}.`, {
      field: 'config',
      cause,
    });
  }
}

/** Also when the data folder is no folder, which is told better by whoever makes it. */
const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
