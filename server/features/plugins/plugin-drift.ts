import type { Page } from '../../../shared/api/listing.ts';
import type { PluginHolder } from '../../../shared/api/plugins.ts';
import { MusterError } from '../../../shared/errors.ts';
import { cursorOf } from '../../platform/db/keyset.ts';
import type { AgentView } from '../agents/agents.ts';
import type { Holdings } from './holdings.ts';
import type { PluginShelf } from './plugin-shelf.ts';
import type { BundleRecord } from './plugins.ts';

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
  /** by name: agents that should have the current bundle and do not; without the plugins that all of them have */
  lagging(): ReadonlyMap<string, number>;
};

export function createPluginDrift({
  holdings,
  shelf,
  allAgents,
}: {
  readonly holdings: Pick<Holdings, 'holds' | 'holdersOf'>;
  readonly shelf: PluginShelf;
  /** oldest first */
  readonly allAgents: () => readonly AgentView[];
}): PluginDrift {
  /** Revoked agents have no part in it. What else an agent holds is looked at only where it lacks the current bundle. */
  function stateOf(name: string): (agent: AgentView) => PluginHolder['state'] {
    const current = shelf.currentOf(name);
    if (current === undefined) throw new MusterError('not_found', `There is no plugin "${name}".`);
    const has = holdings.holdersOf(current.sha256);
    const earlier = heldBundles(name).map(({ sha256 }) => holdings.holdersOf(sha256));
    const platforms: readonly string[] | undefined = shelf.byHash(current.sha256)?.manifest.platforms;
    return ({ id, os }) => {
      if (has.has(id)) return 'current';
      if (platforms !== undefined && !platforms.includes(os)) return 'not_for_it';
      return earlier.some((holders) => holders.has(id)) ? 'outdated' : 'missing';
    };
  }

  const heldBundles = (name: string): BundleRecord[] =>
    shelf.bundlesOf(name).filter(({ sha256 }) => holdings.holdersOf(sha256).size > 0);

  return {
    async of(name, { state, after, limit }) {
      const position = cursorOf(after, 'agent');
      const stateIn = stateOf(name);
      const bundles = heldBundles(name);
      const agents = allAgents();
      const items: PluginHolder[] = [];
      for (let at = agents.length - 1; at >= 0; at -= 1) {
        const agent = agents[at] as AgentView;
        if (!isTaking(agent) || (position !== undefined && agent.id >= position)) continue;
        const found = stateIn(agent);
        if (state !== undefined && found !== state) continue;
        if (items.length === limit) return { items, next: items.at(-1)?.agentId ?? null };
        const held = bundles.flatMap(({ sha256, version }) => (holdings.holds(agent.id, sha256) ? [{ sha256, version }] : []));
        items.push({ agentId: agent.id, agentName: agent.name, status: agent.status, state: found, held });
      }
      return { items, next: null };
    },
    async counts(name) {
      const stateIn = stateOf(name);
      const counts = { current: 0, outdated: 0, missing: 0, not_for_it: 0 };
      for (const agent of allAgents()) if (isTaking(agent)) counts[stateIn(agent)] += 1;
      return counts;
    },
    lagging() {
      // counted from what is counted already: only the few that have no part in it are looked at one by one
      const revoked: string[] = [];
      const byOs = new Map<string, string[]>();
      for (const agent of allAgents()) {
        if (!isTaking(agent)) revoked.push(agent.id);
        else if (byOs.get(agent.os)?.push(agent.id) === undefined) byOs.set(agent.os, [agent.id]);
      }
      return new Map(
        shelf.allCurrent().flatMap(({ plugin, bundle }): [string, number][] => {
          const platforms: readonly string[] | undefined = bundle.manifest.platforms;
          const has = holdings.holdersOf(plugin.sha256);
          const systems = [...byOs].map(([os, ids]) => ({ ids, isForIt: platforms?.includes(os) ?? true }));
          const without = [revoked, ...systems.flatMap(({ ids, isForIt }) => (isForIt ? [] : [ids]))];
          const extra = without.reduce((sum, ids) => sum + ids.filter((id) => has.has(id)).length, 0);
          const wanted = systems.reduce((sum, { ids, isForIt }) => sum + (isForIt ? ids.length : 0), 0);
          const behind = wanted - (has.size - extra);
          return behind <= 0 ? [] : [[plugin.name, behind]];
        }),
      );
    },
  };
}

const isTaking = ({ status }: AgentView): boolean => status !== 'Revoked';
