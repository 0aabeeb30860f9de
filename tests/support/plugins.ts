import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createPluginsRoutes } from '../../server/features/plugins/plugins.routes.ts';
import { createPlugins, type PluginsService } from '../../server/features/plugins/plugins.service.ts';
import { type Clock, systemClock } from '../../server/platform/clock.ts';
import { type Catalogue, catalogue, type SignedCatalogue } from '../../shared/plugin-bundle.ts';
import { startAgents, type TestAgents, type TestAgentsOptions } from './agents.ts';

export type TestPlugins = TestAgents & {
  readonly plugins: PluginsService;
  /** the plugins folder */
  readonly dir: string;
  /** Writes a file of the plugins folder. */
  write(path: string, text: string): Promise<void>;
  /** hashes of the bundles that open runs use */
  readonly open: string[];
};

/** Agents and plugins as the server has them, with a plugins folder of their own that is watched in real time. */
export async function startPlugins(
  prepare: (write: TestPlugins['write'], dir: string) => Promise<void> = async () => {},
  options: Pick<TestAgentsOptions, 'database' | 'identity'> = {},
): Promise<TestPlugins> {
  const dir = await mkdtemp(join(tmpdir(), 'muster-plugins-'));
  const open: string[] = [];
  const write: TestPlugins['write'] = async (path, text) => {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
  };
  await prepare(write, dir);
  let plugins: PluginsService | undefined;
  const known = (): PluginsService => plugins as PluginsService;
  const test = await startAgents({
    ...options,
    signedCatalogue: () => known().signedCatalogue(),
    pluginsHeldBy: (agentId) => known().heldByAgent(agentId),
    handlers: { plugins_held: (connection, message) => known().messages.plugins_held?.(connection, message) },
    routes: (agents, services) => {
      plugins = createPlugins({ ...services, agents, clock: clockFor(services.clock), usedBundles: async () => open });
      return createPluginsRoutes(plugins);
    },
  });
  await known().start(dir);
  return {
    ...test,
    plugins: known(),
    dir,
    write,
    open,
    async dispose() {
      await known().stop();
      await test.dispose();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The times of the test, the timers of the world: the file system tells of its changes when it likes. */
const clockFor = (clock: Clock): Clock => ({ ...systemClock, now: clock.now });

export const readCatalogue = ({ text }: SignedCatalogue): Catalogue => catalogue.parse(JSON.parse(text));

export const manifestText = (name: string, change: object = {}): string =>
  JSON.stringify({ name, version: '1.0.0', runtime: 'node', entry: 'index.js', actions: { main: {} }, ...change });

export const base64 = (text: string): string => Buffer.from(text).toString('base64');
