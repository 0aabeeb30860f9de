import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Logger, pino } from 'pino';
import { type Clock, systemClock } from '../../server/platform/clock.ts';
import { type RunningServer, startServer } from '../../server/server.ts';
import { readServerSettings } from '../../server/settings.ts';
import { type ApiClient, createApiClient } from './api-client.ts';

/** The whole server inside the test's own process, where every answer is checked against the schema that its route declares. */
export type ServerInProcess = {
  readonly running: RunningServer;
  readonly url: string;
  /** as `admin` */
  readonly api: ApiClient;
  /** without a token */
  readonly stranger: ApiClient;
  /** temporary; also for what belongs to the test */
  readonly folder: string;
  /** lines of level error and worse */
  readonly errors: readonly string[];
  stop(): Promise<void>;
};

/**
 * @param files of its plugins folder, by their paths
 * @param variables such as `MUSTER_BODY_LIMIT_BYTES`
 * @param folder of one that was stopped by `running.stop()`, to start it again
 */
export async function startServerInProcess(
  files: Readonly<Record<string, string>> = {},
  variables: Readonly<Record<string, string>> = {},
  { clock = systemClock, folder: given }: { readonly clock?: Clock; readonly folder?: string } = {},
): Promise<ServerInProcess> {
  const folder = given ?? (await mkdtemp(join(tmpdir(), 'muster-server-')));
  const dataDir = join(folder, 'data');
  const plugins = join(folder, 'plugins');
  await mkdir(plugins, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(plugins, path)), { recursive: true });
    await writeFile(join(plugins, path), text);
  }
  const env = {
    MUSTER_DATA_DIR: dataDir,
    MUSTER_PLUGINS_DIR: plugins,
    MUSTER_PORT: '0',
    MUSTER_AGENTS_DIR: join(folder, 'agents'),
    ...variables,
  };
  const { values: settings } = await readServerSettings({ flags: {}, env, cwd: folder });
  const errors: string[] = [];
  const log: Logger = pino({ level: 'error' }, { write: (line: string) => void errors.push(line) });
  const running = await startServer({ settings, clock, log, validateResponses: true });
  const token = (await readFile(join(dataDir, 'admin.token'), 'utf8')).trim();
  const url = (): string => running.url;
  return {
    running,
    url: running.url,
    api: createApiClient({ url, token: () => token }),
    stranger: createApiClient({ url, token: () => undefined }),
    folder,
    errors,
    async stop() {
      await running.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
