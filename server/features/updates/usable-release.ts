import { MusterError } from '../../../shared/errors.ts';
import { protocolVersion } from '../../../shared/protocol.ts';
import type { SignedRelease } from '../../../shared/release.ts';
import type { ReleasesService } from '../releases/releases.service.ts';

/**
 * The release that hosts can be updated to.
 * @throws MusterError state_conflict, with what to do, when there is none, or one that would lose the hosts
 */
export async function usableRelease(releases: Pick<ReleasesService, 'signed' | 'find'>): Promise<SignedRelease> {
  const signed = await releases.signed().catch(inConflict);
  const { release } = signed;
  if (release.protocol !== protocolVersion)
    throw new MusterError(
      'state_conflict',
      `The executables in the folder speak protocol ${release.protocol} and this server ${protocolVersion}: agents that took them could not ` +
        'connect. Build them from the version of this server with `npm run build:agent`.',
    );
  for (const file of release.files) for (const { name } of [file, ...file.downloads]) await releases.find(name).catch(inConflict);
  return signed;
}

/** What is not found is not what was asked for, but what it needs. */
function inConflict(error: unknown): never {
  throw error instanceof MusterError && error.code === 'not_found' ? new MusterError('state_conflict', error.message) : error;
}
