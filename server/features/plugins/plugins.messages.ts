import type { MessageHandlers } from '../../platform/gateway/connection.ts';
import type { Database } from '../../schema/schema.ts';
import { replaceHeld } from './held-plugins.store.ts';
import type { Holdings } from './holdings.ts';
import type { PluginShelf } from './plugin-shelf.ts';

export type PluginMessagesResources = {
  readonly db: Database;
  readonly shelf: Pick<PluginShelf, 'byHash'>;
  readonly holdings: Pick<Holdings, 'replace' | 'holdsJust'>;
};

/** What agents say of plugins. Of what they hold, only bundles that the server knows are worth a row. */
export function pluginMessages({ db, shelf, holdings }: PluginMessagesResources): Pick<MessageHandlers, 'plugins_held'> {
  /** writes under way of each agent: until the last is over, the memory does not say yet what the rows will */
  const writing = new Map<string, number>();

  return {
    async plugins_held({ agentId }, { held }) {
      const known = new Map(
        held.filter(({ name, sha256 }) => shelf.byHash(sha256)?.name === name).map((plugin) => [plugin.sha256, plugin]),
      );
      const hashes = [...known.keys()];
      const before = writing.get(agentId) ?? 0;
      // a fleet that comes back says what is known: no row is looked at then
      if (before === 0 && holdings.holdsJust(agentId, hashes)) return;
      writing.set(agentId, before + 1);
      try {
        await db.write((writer) => replaceHeld(writer, agentId, [...known.values()]));
        holdings.replace(agentId, hashes);
      } finally {
        const left = (writing.get(agentId) ?? 1) - 1;
        if (left === 0) writing.delete(agentId);
        else writing.set(agentId, left);
      }
    },
  };
}
