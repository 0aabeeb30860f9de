import type { Page } from '../../../shared/api/listing.ts';
import type { PluginHolder } from '../../../shared/api/plugins.ts';
import { MusterError } from '../../../shared/errors.ts';
import { cursorOf } from '../../platform/db/keyset.ts';
import type { Reader } from '../../schema/schema.ts';
import type { AgentView } from '../agents/agents.ts';
import { heldBundles } from './held-plugins.store.ts';
import type { PluginShelf } from './plugin-shelf.ts';

export type DriftQuery = {
  readonly state?: PluginHolder['state'] | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
};

export type DriftCounts = Readonly<Record<PluginHolder['state'], number>>;

/** Who has which version of a plugin: agents fetch the current one by themselves, and what they hold is what they said last. */
export type PluginDrift = {
  /** newest agents first; @throws MusterError not_found */
  of(name: string, query: DriftQuery): Promise<Page<PluginHolder>>;
  counts(name: string): Promise<DriftCounts>;
};

export function createPluginDrift({
  read,
  shelf,
  allAgents,
}: {
  readonly read: Reader;
  readonly shelf: PluginShelf;
  /** oldest first */
  readonly allAgents: () => readonly AgentView[];
}): PluginDrift {
  /** Which bundles each agent holds, and what that makes it. Revoked agents have no part in it. */
  async function holders(name: string): Promise<(agent: AgentView) => PluginHolder> {
    const current = shelf.currentOf(name);
    if (current === undefined) throw new MusterError('not_found', `There is no plugin "${name}".`);
    const bundles = new Map(shelf.bundlesOf(name).map((bundle) => [bundle.sha256, bundle]));
    const rows = await heldBundles(read, [...bundles.keys()]);
    const byAgent = Map.groupBy(rows, ({ agent_id }) => agent_id);
    const platforms: readonly string[] | undefined = bundles.get(current.sha256)?.manifest.platforms;
    return (agent) => {
      const held = (byAgent.get(agent.id) ?? []).flatMap(({ sha256 }) => {
        const version = bundles.get(sha256)?.version;
        return version === undefined ? [] : [{ sha256, version }];
      });
      const has = held.some(({ sha256 }) => sha256 === current.sha256);
      const isForIt = platforms === undefined || platforms.includes(agent.os);
      const state = has ? 'current' : !isForIt ? 'not_for_it' : held.length > 0 ? 'outdated' : 'missing';
      return { agentId: agent.id, agentName: agent.name, status: agent.status, state, held };
    };
  }

  const taking = (agent: AgentView): boolean => agent.status !== 'Revoked';

  return {
    async of(name, { state, after, limit }) {
      const position = cursorOf(after, 'agent');
      const holderOf = await holders(name);
      const rows = allAgents()
        .filter((agent) => taking(agent) && (position === undefined || agent.id < position))
        .map(holderOf)
        .filter((holder) => state === undefined || holder.state === state)
        .reverse();
      const items = rows.slice(0, limit);
      return { items, next: rows.length > limit ? (items.at(-1)?.agentId ?? null) : null };
    },
    async counts(name) {
      const holderOf = await holders(name);
      const counts = { current: 0, outdated: 0, missing: 0, not_for_it: 0 };
      for (const agent of allAgents().filter(taking)) counts[holderOf(agent).state] += 1;
      return counts;
    },
  };
}
