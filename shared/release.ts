import * as z from 'zod';
import { sha256 } from './names.ts';

/** What executables are made for. The server's own downloads and the installers know no others. */
export const releasePlatforms = ['linux-x64', 'linux-arm64', 'windows-x64'] as const;
export type ReleasePlatform = (typeof releasePlatforms)[number];

/** Which executable runs on a host, by what its Node says of it; undefined: none is made for it. */
export function releasePlatformOf(os: string, arch: string): ReleasePlatform | undefined {
  const platform = `${os === 'win32' ? 'windows' : os}-${arch}`;
  return releasePlatforms.find((known) => known === platform);
}

/** How a download is packed; the smallest one that the host can unpack is taken. */
export const releaseEncodings = ['gzip', 'zstd', 'xz'] as const;
export type ReleaseEncoding = (typeof releaseEncodings)[number];

/** The name of a file in the folder of a release: it becomes a path and stands in shell scripts. */
export const releaseFileName = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/, 'Use letters, digits, dot, dash and underscore.');

const bytes = z.int().min(1);

const releaseDownload = z.strictObject({ encoding: z.enum(releaseEncodings), name: releaseFileName, bytes, sha256 });

const releaseFile = z.strictObject({
  platform: z.enum(releasePlatforms),
  name: releaseFileName,
  /** of the executable itself */
  bytes,
  sha256,
  /** the same, packed; the plain executable can be had under `name` besides */
  downloads: z.array(releaseDownload).max(releaseEncodings.length),
});
export type ReleaseFile = z.infer<typeof releaseFile>;

/** One word of a release: it stands in a line of the text that is signed. */
const word = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9.+_-]*$/, 'Use letters, digits, dot, plus, dash and underscore.');

/** `release.json`: the executables of one build of the agent. Holds no times, so that the same source gives the same file. */
export const release = z.strictObject({
  version: word,
  /** of the source, as Git names it; `unknown` outside of a repository */
  commit: word,
  /** version of the protocol that these agents speak */
  protocol: z.int().min(1),
  files: z
    .array(releaseFile)
    .min(1)
    .max(releasePlatforms.length)
    .refine((files) => new Set(files.map(({ platform }) => platform)).size === files.length, 'One file for each platform.'),
});
export type Release = z.infer<typeof release>;

/** A release as the server vouches for it: signed by its identity key over `releaseText`. */
export const signedRelease = z.strictObject({
  release,
  /** Ed25519, base64 */
  signature: z.base64(),
  /** the public key of the server, SPKI DER, base64; believed only by its fingerprint */
  key: z.base64(),
});
export type SignedRelease = z.infer<typeof signedRelease>;

/**
 * What is signed: one line for each fact, so that a shell reads it without a parser of JSON and `openssl` verifies it as it is.
 *
 *   muster release v1
 *   version VERSION
 *   commit COMMIT
 *   protocol NUMBER
 *   file PLATFORM NAME BYTES SHA256
 *   download PLATFORM ENCODING NAME BYTES SHA256
 */
export function releaseText({ version, commit, protocol, files }: Release): string {
  const lines = files.flatMap(({ platform, downloads, ...file }) => [
    `file ${platform} ${file.name} ${file.bytes} ${file.sha256}`,
    ...downloads.map((each) => `download ${platform} ${each.encoding} ${each.name} ${each.bytes} ${each.sha256}`),
  ]);
  return ['muster release v1', `version ${version}`, `commit ${commit}`, `protocol ${protocol}`, ...lines, ''].join('\n');
}
