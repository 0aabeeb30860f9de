import type { AgentView } from '../agents/agents.ts';

const mostOffered = 100;

/** Names to choose from: hosts that could begin at once. Any other name may be typed, and is looked at when it is posted. */
export function hostsToTry(agents: readonly AgentView[], platforms: readonly string[] | undefined): string[] {
  const names: string[] = [];
  for (const agent of agents) {
    if (whyNotHere(agent, platforms) === undefined) names.push(agent.name);
    if (names.length === mostOffered) break;
  }
  return names.sort();
}

/** @returns a sentence, or undefined: a trial can begin there */
export function whyNotHere(
  { name, status, connected, os }: AgentView,
  platforms: readonly string[] | undefined,
): string | undefined {
  if (status === 'Revoked') return `${name} is revoked.`;
  if (platforms !== undefined && !platforms.includes(os))
    return `The plugin does not run on ${name} (${os || 'its platform is not known'}).`;
  if (status !== 'Online' || !connected) return `${name} is not online now. A trial does not wait: choose a host that is.`;
  return undefined;
}
