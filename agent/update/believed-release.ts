import { type Release, type ReleaseFile, releasePlatformOf, releaseText, type SignedRelease } from '../../shared/release.ts';
import { isSignedBy } from '../identity/signatures.ts';

export type BelievedRelease = { readonly release: Release; readonly file: ReleaseFile };

/**
 * What a release has for this host. Nothing but the signature by the pinned key makes it believed: not the connection that it came over, and not
 * the key that it names.
 * @throws Error with a sentence
 */
export function believe({ release, signature }: SignedRelease, serverPublicKey: string): BelievedRelease {
  if (!isSignedBy(serverPublicKey, releaseText(release), signature))
    throw new Error('The release is not signed by the key of the server that this agent has joined.');
  const platform = releasePlatformOf(process.platform, process.arch);
  const file = release.files.find((each) => each.platform === platform);
  if (file === undefined)
    throw new Error(`The release has no executable for this host (${platform ?? `${process.platform} on ${process.arch}`}).`);
  return { release, file };
}
