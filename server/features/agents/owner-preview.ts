import type { OwnerPreview, OwnerPreviewGroup } from '../../../shared/api/agents.ts';
import type { AgentView } from './agents.ts';
import type { Fleet } from './fleet.ts';
import { resolveOwner } from './owners.ts';
import { readTarget } from './target-expression.ts';

const shown = { names: 50, namesOfGroup: 20 } as const;
const osNames: Readonly<Record<string, string>> = { win32: 'Windows', darwin: 'macOS', linux: 'Linux' };

/**
 * What an owner reaches now, and why not the others: one walk over the fleet, a few milliseconds with ten thousand agents.
 *
 * @param platforms those on which the plugin runs; undefined: on all
 * @throws MusterError owner_unknown, owner_syntax
 */
export function previewOf(fleet: Fleet, owner: string, platforms?: readonly string[]): OwnerPreview {
  const { kind, agents } = resolveOwner(fleet, owner);
  const held = groupsOf(agents, (agent) => whyNotNow(agent, platforms));
  return {
    owner,
    kind,
    matched: agents.length,
    online: agents.filter((agent) => agent.status === 'Online').length,
    ready: agents.length - held.reduce((sum, { count }) => sum + count, 0),
    names: agents.slice(0, shown.names).map((agent) => agent.name),
    held,
    others: kind === 'agent' ? [] : othersOf(fleet, kind === 'expression' ? owner : undefined),
  };
}

type Why = Pick<OwnerPreviewGroup, 'reason' | 'text'>;

function whyNotNow({ status, connected, os }: AgentView, platforms: readonly string[] | undefined): Why | undefined {
  // of a host that never connected it is not known yet
  if (platforms !== undefined && os !== '' && !platforms.includes(os))
    return { reason: 'platform', text: `the plugin does not run on ${osNames[os] ?? os}` };
  if (status !== 'Online') return { reason: 'status', text: status === 'Idle' ? 'idle' : 'offline' };
  return connected ? undefined : { reason: 'status', text: 'not connected' };
}

/** An agent that several parts of the expression leave out is counted at the first of them. */
function othersOf(fleet: Fleet, expression: string | undefined): OwnerPreviewGroup[] {
  const parts = expression === undefined ? [] : readTarget(expression).parts;
  return groupsOf(fleet.all(), (agent) => {
    if (agent.revoked) return { reason: 'revoked', text: 'revoked' };
    const failing = parts.find(({ matches }) => !matches(agent));
    return failing === undefined ? undefined : { reason: 'no_match', text: `${failing.text} does not hold` };
  });
}

function groupsOf(agents: readonly AgentView[], whyOf: (agent: AgentView) => Why | undefined): OwnerPreviewGroup[] {
  const groups = new Map<string, Why & { count: number; names: string[] }>();
  for (const agent of agents) {
    const why = whyOf(agent);
    if (why === undefined) continue;
    const group = groups.get(why.text) ?? { ...why, count: 0, names: [] };
    groups.set(why.text, group);
    group.count += 1;
    if (group.names.length < shown.namesOfGroup) group.names.push(agent.name);
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}
