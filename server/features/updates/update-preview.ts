import type { Release } from '../../../shared/release.ts';
import type { AgentView } from '../agents/agents.ts';
import { fileFor, isTarget } from './host-updates.ts';
import type { UpdatePlan } from './update-plan.ts';

/** What an update would do, before anybody asks for it. */
export type UpdatePreview = {
  readonly version: string;
  readonly commit: string;
  readonly waves: readonly { readonly label: string; readonly total: number; readonly names: readonly string[] }[];
  readonly total: number;
  /** those that have the executable already */
  readonly current: number;
  /** those that cannot replace themselves, by the reason; the most first */
  readonly notPossible: readonly { readonly message: string; readonly count: number; readonly names: readonly string[] }[];
};

const namesShown = 10;

export function previewOf({ hosts, labels, waveOf }: UpdatePlan, release: Release): UpdatePreview {
  const waves = labels.map((label): { label: string; total: number; names: string[] } => ({ label, total: 0, names: [] }));
  const reasons = new Map<string, { message: string; count: number; names: string[] }>();
  let current = 0;
  for (const agent of hosts) {
    const wave = waves[waveOf.get(agent.id) ?? -1];
    if (wave === undefined) continue;
    wave.total += 1;
    if (wave.names.length < namesShown) wave.names.push(agent.name);
    if (isTarget(agent, release)) current += 1;
    const message = whyNot(agent, release);
    if (message === undefined) continue;
    const reason = reasons.get(message) ?? { message, count: 0, names: [] };
    reasons.set(message, reason);
    reason.count += 1;
    if (reason.names.length < namesShown) reason.names.push(agent.name);
  }
  return {
    version: release.version,
    commit: release.commit,
    waves,
    total: waves.reduce((sum, { total }) => sum + total, 0),
    current,
    notPossible: [...reasons.values()].sort((a, b) => b.count - a.count),
  };
}

function whyNot(agent: AgentView, release: Release): string | undefined {
  if (agent.os !== '' && fileFor(agent, release) === undefined)
    return `The release has no executable for ${agent.os} ${agent.arch}.`;
  return agent.executable?.notUpdatable ?? undefined;
}
