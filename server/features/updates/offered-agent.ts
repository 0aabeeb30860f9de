import { MusterError } from '../../../shared/errors.ts';
import type { Release } from '../../../shared/release.ts';
import type { OfferedAgent } from '../agents/agents.pages.ts';
import type { AgentView } from '../agents/agents.ts';
import type { ReleasesService } from '../releases/releases.service.ts';
import { fileFor, isTarget } from './host-updates.ts';

/** What the server offers as the agent now; null: it has no executables. */
export async function offeredAgent(releases: Pick<ReleasesService, 'signed'>): Promise<OfferedAgent | null> {
  try {
    const { release } = await releases.signed();
    return { version: release.version, isOutdated: (agent) => isOutdated(agent, release) };
  } catch (error) {
    if (error instanceof MusterError && error.code === 'not_found') return null;
    throw error;
  }
}

/** Not those for which there is no executable, and not those that run from source: nothing would become of an update there. */
export function isOutdated(agent: AgentView, release: Release): boolean {
  if (agent.revoked || fileFor(agent, release) === undefined) return false;
  const { executable, version } = agent;
  if (executable === null) return version !== '' && version !== release.version;
  return executable.sha256 !== null && !isTarget(agent, release);
}
