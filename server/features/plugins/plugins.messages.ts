import type { MessageHandlers } from '../../platform/gateway/connection.ts';
import type { Database } from '../../schema/schema.ts';
import { replaceHeld } from './held-plugins.store.ts';
import type { Holdings } from './holdings.ts';
import type { PluginShelf } from './plugin-shelf.ts';

/** What agents say of plugins. Of what they hold, only bundles that the server knows are worth a row. */
export const pluginMessages = ({
  db,
  shelf,
  holdings,
}: {
  readonly db: Database;
  readonly shelf: PluginShelf;
  readonly holdings: Pick<Holdings, 'replace'>;
}): Pick<MessageHandlers, 'plugins_held'> => ({
  async plugins_held({ agentId }, { held }) {
    const known = new Map(
      held.filter(({ name, sha256 }) => shelf.byHash(sha256)?.name === name).map((plugin) => [plugin.sha256, plugin]),
    );
    await db.write((writer) => replaceHeld(writer, agentId, [...known.values()]));
    holdings.replace(agentId, [...known.keys()]);
  },
});
