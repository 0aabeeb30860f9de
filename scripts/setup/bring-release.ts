import { stat, symlink, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { systemClock } from '../../agent/clock.ts';
import { isDiskFull } from '../../agent/disk.ts';
import { fingerprintOf, isSignedBy } from '../../agent/identity/signatures.ts';
import { download } from '../../agent/update/download.ts';
import { sha256OfFile } from '../../agent/update/file-sha256.ts';
import { type ReleaseFile, releasePlatformOf, releaseText, type SignedRelease, signedRelease } from '../../shared/release.ts';
import { askServer } from './ask-server.ts';
import { SetupStop, setupCodes } from './setup-stop.ts';
import type { StatusLines } from './status-lines.ts';

export type ReleaseOrder = {
  readonly server: string;
  /** of its key */
  readonly fingerprint: string;
  /** executables that are here already, as a bundle has them */
  readonly own: string;
  /** where the installer puts the program; undefined: where it does by itself */
  readonly prefix: string | undefined;
  /** empty, for what the installer would download */
  readonly folder: string;
  readonly lines: StatusLines;
};

/** Of the installer for Linux. */
const usualPrefix = '/opt/muster-agent';
const largestList = 256 * 1024;
const longestMs = 30 * 60_000;

/**
 * Brings what the installer would download: a bare host has neither curl nor wget, nor an OpenSSL that could verify the signature, and this Node
 * does both. The server says which executable it is, signed by its key; the one of this folder is taken if it is the same.
 * @throws SetupStop
 */
export async function bringRelease({ server, fingerprint, own, prefix, folder, lines }: ReleaseOrder): Promise<void> {
  const signed = await readRelease(server);
  const shown = fingerprintOf(signed.key);
  if (shown !== fingerprint)
    throw new SetupStop(
      setupCodes.notTheServer,
      `The server at ${server} is not the expected one: its key has the fingerprint ${shown}, and ${fingerprint} is expected. Check the address; if it is right, somebody may be between this host and the server.`,
    );
  const file = fileIn(signed, server);
  const { version } = signed.release;
  lines.ok(`The server's key has signed what it says of the agent ${version}.`);
  await writeFile(
    join(folder, 'release.txt'),
    `${releaseText(signed.release)}signature ${signed.signature}\nkey ${signed.key}\n`,
  );

  const installed = join(prefix ?? usualPrefix, 'bin', `muster-agent-${version}-${file.sha256.slice(0, 12)}`);
  if (await isSame(installed, file)) return;
  // every Linux unpacks gzip
  const wanted = file.downloads.find(({ encoding }) => encoding === 'gzip') ?? file;
  if (await isSame(join(own, wanted.name), wanted)) return await symlink(join(own, wanted.name), join(folder, wanted.name));
  lines.doing(`Downloading the agent ${version} from the server (${Math.ceil(wanted.bytes / 1e6)} MB).`);
  try {
    await download(wanted, join(folder, wanted.name), {
      ask: (path, headers, signal) => askServer(new URL(path, server), headers, signal),
      signal: AbortSignal.timeout(longestMs),
      onProgress: () => undefined,
      clock: systemClock,
      random: Math.random,
    });
  } catch (error) {
    const code = isDiskFull((error as Error).cause) ? setupCodes.noSpace : setupCodes.notReached;
    throw new SetupStop(code, `The agent could not be had from ${server}: ${(error as Error).message}`);
  }
}

function fileIn({ release, signature, key }: SignedRelease, server: string): ReleaseFile {
  if (!isSignedBy(key, releaseText(release), signature))
    throw new SetupStop(
      setupCodes.notTheServer,
      `What ${server} tells of its executables is not signed by its key: it was altered on its way. Nothing was installed.`,
    );
  const platform = releasePlatformOf(process.platform, process.arch);
  const file = release.files.find((each) => each.platform === platform);
  if (file !== undefined) return file;
  const present = release.files.map((each) => each.platform).join(', ');
  throw new SetupStop(
    setupCodes.notSupported,
    `The server at ${server} has no executable for this host: it has them for ${present}.`,
  );
}

async function readRelease(server: string): Promise<SignedRelease> {
  const unusable = (why: string): SetupStop => new SetupStop(setupCodes.notReached, `The server at ${server} ${why}`);
  const answer = await askServer(new URL('/downloads/release.json', server), {}, AbortSignal.timeout(60_000)).catch(
    (error: Error) => {
      throw unusable(`cannot be reached (${error.message}).`);
    },
  );
  const text = await textOf(answer).catch((error: Error) => {
    throw unusable(`cannot be reached (${error.message}).`);
  });
  if (answer.statusCode === 404)
    throw new SetupStop(
      setupCodes.notSupported,
      `The server at ${server} has no executables of the agent. Run \`npm run build:agent\` where the server is installed, then this again.`,
    );
  if (answer.statusCode !== 200) throw unusable(`does not say which executables it has (status ${answer.statusCode}).`);
  try {
    return signedRelease.parse(JSON.parse(text));
  } catch {
    throw unusable('is not a Muster server of this version. Check the address.');
  }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of answer.setEncoding('utf8')) {
    text += String(piece);
    if (text.length > largestList) break;
  }
  return text;
}

async function isSame(path: string, { bytes, sha256 }: { readonly bytes: number; readonly sha256: string }): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && found.size === bytes && (await sha256OfFile(path)) === sha256;
}
