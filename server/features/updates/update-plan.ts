import { createHash } from 'node:crypto';
import type { NewUpdate } from '../../../shared/api/updates.ts';
import { MusterError } from '../../../shared/errors.ts';
import { type Release, releaseText } from '../../../shared/release.ts';
import type { AgentView } from '../agents/agents.ts';
import type { ResolvedOwner } from '../agents/owners.ts';
import { fileFor, isTarget } from './host-updates.ts';
import { planWaves, type WavePlan } from './update-waves.ts';

/** Whom a new update is for, and in which wave each of them comes. */
export type UpdatePlan = WavePlan & {
  /** in the order in which shares are taken of them */
  readonly hosts: readonly AgentView[];
};

export type PlanResources = {
  /** @throws MusterError owner_unknown, owner_syntax */
  readonly resolveOwner: (owner: string, field: string) => ResolvedOwner;
  /** executions that an agent holds now */
  readonly busyOf: (agentId: string) => number;
};

/**
 * The same settings for the same fleet and release make the same plan, so that what a person looked at is what happens.
 * @throws MusterError owner_unknown, owner_syntax; field_invalid for a target or a canary that is nobody
 */
export function planUpdate(
  { target, canary, shares }: Pick<NewUpdate, 'target' | 'canary' | 'shares'>,
  release: Release,
  { resolveOwner, busyOf }: PlanResources,
): UpdatePlan {
  const targeted = resolveOwner(target, 'target');
  if (targeted.kind === 'anyone')
    throw new MusterError('field_invalid', 'An update is for hosts that are named: use ALL, a name, or a target expression.', {
      field: 'target',
    });
  if (targeted.agents.length === 0) throw new MusterError('field_invalid', 'No host matches this target.', { field: 'target' });
  const hosts = shuffled(targeted.agents, releaseText(release));
  const canaries = canary === undefined || canary === 'Anyone' ? [bestCanary(hosts, release, busyOf)] : chosen(canary);
  const plan = planWaves(
    hosts.map(({ id }) => id),
    new Set(canaries.map(({ id }) => id)),
    shares,
  );
  return { ...plan, hosts };

  function chosen(owner: string): readonly AgentView[] {
    const wanted = new Set(resolveOwner(owner, 'canary').agents.map(({ id }) => id));
    const found = hosts.filter(({ id }) => wanted.has(id));
    if (found.length > 0) return found;
    throw new MusterError('field_invalid', `No host of the target (${target}) is a canary.`, { field: 'canary' });
  }
}

/** A sample of the fleet is no sample if it goes by name or age: the order is that of a hash. */
function shuffled(agents: readonly AgentView[], seed: string): AgentView[] {
  const seedHash = createHash('sha256').update(seed).digest('hex');
  return agents
    .map((agent) => ({ agent, rank: createHash('sha256').update(seedHash).update(agent.id).digest('hex') }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
    .map(({ agent }) => agent);
}

/** The one that proves most and disturbs least: it can be updated and is not yet, is connected, and has the fewest of its slots in use. */
function bestCanary(hosts: readonly AgentView[], release: Release, busyOf: PlanResources['busyOf']): AgentView {
  const scored = hosts.map((agent) => ({
    agent,
    score: [
      fileFor(agent, release) !== undefined && agent.executable !== null && agent.executable.notUpdatable === null ? 0 : 1,
      agent.connected ? 0 : 1,
      isTarget(agent, release) ? 1 : 0,
      agent.status === 'Online' ? 0 : 1,
      busyOf(agent.id) / agent.slots,
    ],
  }));
  const best = scored.reduce((least, each) => (isLess(each.score, least.score) ? each : least));
  return best.agent;
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at !== -1 && (a[at] as number) < (b[at] as number);
}
