import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { protocolVersion } from '../../shared/protocol.ts';
import { type Release, releasePlatformOf } from '../../shared/release.ts';

/** The agent as it was built, with another version written into it: a whole executable that is another file. */
export function writeChangedExecutable(built: string, target: string, version: string): void {
  const content = readFileSync(built);
  const mark = /name:"muster",version:"(\d+\.\d+\.\d+)"/.exec(content.toString('latin1'));
  if (mark?.[1]?.length !== version.length) throw new Error(`The version of ${built} cannot be changed to ${version}.`);
  content.write(version, mark.index + 'name:"muster",version:"'.length, 'latin1');
  writeFileSync(target, content);
  chmodSync(target, 0o755);
}

/** The same, which speaks another version of the protocol. @returns its SHA-256 */
export function writeOtherProtocol(built: string, target: string): string {
  const content = readFileSync(built);
  const text = content.toString('latin1');
  // what the number is called after it was made small
  const name = /muster enrolment v\$\{([\w$]+)\}/.exec(text)?.[1];
  const mark =
    name === undefined ? null : new RegExp(`[,; ]${name.replaceAll('$', '\\$')}=${protocolVersion}(?=[,;])`).exec(text);
  if (mark === null) throw new Error(`The protocol of ${built} cannot be changed.`);
  content.write(String((protocolVersion + 1) % 10), mark.index + mark[0].length - 1, 'latin1');
  writeFileSync(target, content);
  chmodSync(target, 0o755);
  return createHash('sha256').update(content).digest('hex');
}

/** Offers this one executable for this host, unpacked. What was offered before is replaced in one step, as a build does it. */
export function offerExecutable(folder: string, version: string, executable: string): Release {
  const platform = releasePlatformOf(process.platform, process.arch) ?? 'linux-x64';
  const content = readFileSync(executable);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const name = `muster-agent-${platform}-${sha256.slice(0, 12)}`;
  const release: Release = {
    version,
    commit: 'unknown',
    protocol: protocolVersion,
    files: [{ platform, name, bytes: content.length, sha256, downloads: [] }],
  };
  mkdirSync(folder, { recursive: true });
  copyFileSync(executable, join(folder, name));
  writeFileSync(join(folder, 'release.json'), JSON.stringify(release));
  return release;
}

/** One byte of what is offered is not what was signed; its length is. */
export function alterOffered(folder: string): void {
  const { files } = JSON.parse(readFileSync(join(folder, 'release.json'), 'utf8')) as Release;
  for (const { name } of files) {
    const file = join(folder, name);
    const content = readFileSync(file);
    const at = Math.floor(content.length / 2);
    content[at] = (content[at] ?? 0) ^ 1;
    rmSync(file);
    writeFileSync(file, content);
  }
}
