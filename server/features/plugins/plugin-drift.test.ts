import { describe, expect, it } from '@jest/globals';
import type { PluginManifest } from '../../../shared/plugin-manifest.ts';
import type { AgentView } from '../agents/agents.ts';
import { createHoldings } from './holdings.ts';
import { createPluginDrift } from './plugin-drift.ts';
import { createPluginShelf } from './plugin-shelf.ts';
import type { BundleRecord } from './plugins.ts';

const bundle = (name: string, version: string, platforms?: PluginManifest['platforms']): BundleRecord => ({
  sha256: `${name}-${version}`,
  name,
  version,
  manifest: {
    name,
    version,
    description: '',
    runtime: 'node',
    entry: 'i.js',
    actions: { main: {} },
    ...(platforms && { platforms }),
  },
  bytes: 1,
  createdAt: Number(version[0]),
  createdBy: 'test',
});
const agent = (id: string, os: string, status = 'Online') => ({ id, name: id, os, status }) as AgentView;

/** Everywhere: two versions of it; unixes: not for Windows. */
function world(agents: readonly AgentView[]) {
  const shelf = createPluginShelf({ sign: () => '' });
  const added = [bundle('everywhere', '1.0.0'), bundle('everywhere', '2.0.0'), bundle('unixes', '1.0.0', ['linux', 'darwin'])];
  const set = ['everywhere-2.0.0', 'unixes-1.0.0'].map((sha256) => {
    return { name: sha256.split('-')[0] as string, sha256, source: 'pushed' as const, updatedAt: 1 };
  });
  shelf.take({ generation: 1, added, checks: new Map(), set, deleted: [], pruned: [], kept: [] });
  const holdings = createHoldings();
  return { holdings, drift: createPluginDrift({ holdings, shelf, allAgents: () => agents }) };
}

describe('which agent has which version', () => {
  it('counts as lagging what it would list as outdated and missing, whoever holds what', async () => {
    const systems = ['linux', 'win32', 'darwin', ''];
    const agents = Array.from({ length: 60 }, (_, at) => {
      return agent(`agt_${String(at).padStart(2, '0')}`, systems[at % 4] as string, at % 7 === 0 ? 'Revoked' : 'Online');
    });
    const { holdings, drift } = world(agents);
    for (const [at, { id }] of agents.entries()) {
      const held = ['everywhere-1.0.0', 'everywhere-2.0.0', 'unixes-1.0.0'].filter((_, bit) => (at * 5) & (1 << bit));
      holdings.replace(id, held);
    }
    const lagging = drift.lagging();
    for (const name of ['everywhere', 'unixes']) {
      const counts = await drift.counts(name);
      expect(counts.outdated + counts.missing).toBeGreaterThan(0);
      expect(lagging.get(name)).toBe(counts.outdated + counts.missing);
      for (const state of ['current', 'outdated', 'missing', 'not_for_it'] as const)
        expect((await drift.of(name, { state, limit: 100 })).items).toHaveLength(counts[state]);
    }
  });

  it('leaves out the plugins that all agents have', () => {
    const { holdings, drift } = world([agent('agt_1', 'linux'), agent('agt_2', 'win32')]);
    holdings.replace('agt_1', ['everywhere-2.0.0', 'unixes-1.0.0']);
    holdings.replace('agt_2', ['everywhere-2.0.0']);
    expect([...drift.lagging()]).toEqual([]);
    holdings.replace('agt_2', ['everywhere-1.0.0']);
    expect([...drift.lagging()]).toEqual([['everywhere', 1]]);
  });

  it('is read page by page, newest agents first', async () => {
    const ids = Array.from({ length: 5 }, (_, at) => `agt_01k0000000000000000000000${at}`);
    const { drift } = world(ids.map((id) => agent(id, 'linux')));
    const seen: string[] = [];
    for (let after: string | undefined, pages = 0; pages < 5; pages += 1) {
      const { items, next } = await drift.of('everywhere', { limit: 2, after });
      seen.push(...items.map(({ agentId }) => agentId));
      if (next === null) break;
      after = next;
    }
    expect(seen).toEqual(ids.toReversed());
  });
});
