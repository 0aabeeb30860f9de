import { MusterError } from '../../../shared/errors.ts';
import { type Release, type ReleasePlatform, releaseText, type SignedRelease } from '../../../shared/release.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ServerIdentity } from '../auth/server-identity.ts';
import { type InstallerKind, installerOf } from './installers.ts';
import type { ReleaseFolder } from './release-folder.ts';
import { type Download, downloadsOf, howToBuild } from './releases.ts';

/** The executables of the agent that this server hands out, and vouches for. */
export type ReleasesService = {
  /** @throws MusterError `not_found` when there is none, with how to build them */
  signed(): Promise<SignedRelease>;
  /** The same for a shell: the signed text, and below it the signature, the key and the time of this server in seconds, a line each. */
  signedText(): Promise<string>;
  /** @throws MusterError `not_found` for a name that is not of the release */
  find(name: string): Promise<Download>;
  /** for which there are executables now */
  platforms(): Promise<readonly ReleasePlatform[]>;
  installer(kind: InstallerKind, serverUrl: string): Promise<string>;
  readonly content: ReleaseFolder['content'];
};

export type ReleasesResources = {
  readonly folder: ReleaseFolder;
  readonly identity: ServerIdentity;
  readonly clock: Pick<Clock, 'now'>;
};

export function createReleases({ folder, identity, clock }: ReleasesResources): ReleasesService {
  let known: SignedRelease | undefined;

  async function current(): Promise<Release> {
    const release = await folder.read();
    if (release === null) throw new MusterError('not_found', howToBuild);
    return release;
  }

  async function signed(): Promise<SignedRelease> {
    const release = await current();
    if (known?.release !== release) known = { release, signature: identity.sign(releaseText(release)), key: identity.publicKey };
    return known;
  }

  return {
    signed,
    async signedText() {
      const { release, signature, key } = await signed();
      return `${releaseText(release)}signature ${signature}\nkey ${key}\ntime ${Math.floor(clock.now() / 1000)}\n`;
    },
    async find(name) {
      const download = downloadsOf(await current()).find((each) => each.name === name);
      if (download === undefined) throw new MusterError('not_found', `There is no download named ${name}.`);
      if (!(await folder.has(download)))
        throw new MusterError('not_found', `${name} is not whole in the folder of the executables: build them again.`);
      return download;
    },
    async platforms() {
      return (await folder.read())?.files.map(({ platform }) => platform) ?? [];
    },
    installer: (kind, serverUrl) => installerOf(kind, { serverUrl, fingerprint: identity.fingerprint }),
    content: folder.content,
  };
}
