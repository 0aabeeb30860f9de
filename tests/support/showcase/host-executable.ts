import type { AgentMessageOf, ServerMessageOf } from '../../../shared/protocol.ts';
import { releasePlatformOf } from '../../../shared/release.ts';
import type { ShownHost } from './hosts.ts';

/** What a shown host runs as the agent, and how it takes a new one. */
export type ShownExecutable = {
  readonly version: string;
  readonly commit: string;
  readonly sha256: string;
  /** the update that brought it, told after the welcome */
  readonly from?: string;
};

export const firstExecutable: ShownExecutable = { version: '0.1.0', commit: '3f9c1d20a7be', sha256: 'a1'.repeat(32) };

export function executableIn({ release, update }: ServerMessageOf<'update'>, { os }: ShownHost): ShownExecutable {
  const { version, commit, files } = release.release;
  const platform = releasePlatformOf(os, 'x64');
  return { version, commit, sha256: files.find((file) => file.platform === platform)?.sha256 ?? '', from: update };
}

export const toldExecutable = ({ commit, sha256 }: ShownExecutable): AgentMessageOf<'executable'> => ({
  type: 'executable',
  sha256,
  commit,
  notUpdatable: null,
});

type Status = Pick<AgentMessageOf<'update_status'>, 'state' | 'message'>;

/** How it goes on one host: one of the caches goes back, those that have work wait for its end. */
export function courseOf({ name }: ShownHost, running: number): Status {
  if (name === 'cache-002')
    return {
      state: 'rolled_back',
      message: 'The new agent was not Online within 2 min: it ended with exit code 1 three times. The one before runs again.',
    };
  if (running > 0) return { state: 'ready', message: `It switches when what runs has ended (${running} of 10 slots).` };
  return { state: 'switching', message: '' };
}
