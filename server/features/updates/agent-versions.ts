import type { AgentVersions } from '../../../shared/api/updates.ts';
import type { Release } from '../../../shared/release.ts';
import type { AgentView } from '../agents/agents.ts';
import { isTarget } from './host-updates.ts';

/** Which executables the fleet has, the most frequent first. Revoked agents are not of the fleet. */
export function versionsOf(agents: readonly AgentView[], release: Release | undefined): AgentVersions {
  const groups = new Map<string, AgentVersions['versions'][number]>();
  for (const agent of agents) {
    if (agent.revoked || agent.version === '') continue;
    const commit = agent.executable?.commit ?? null;
    const isOffered = release !== undefined && isTarget(agent, release);
    const key = `${agent.version}\n${commit}\n${isOffered}`;
    const group = groups.get(key) ?? { version: agent.version, commit, count: 0, isOffered };
    group.count += 1;
    groups.set(key, group);
  }
  return {
    offered: release === undefined ? null : { version: release.version, commit: release.commit },
    versions: [...groups.values()].sort((a, b) => b.count - a.count),
  };
}
