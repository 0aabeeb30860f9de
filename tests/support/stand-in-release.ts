import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { protocolVersion } from '../../shared/protocol.ts';
import type { Release, ReleasePlatform } from '../../shared/release.ts';

/**
 * A folder as `npm run build:agent` makes it, with an executable that stands in for the agent: a shell script that starts it from its source.
 * For what installers do around the executable; that it works by itself is tested with the real one.
 */
export function writeStandInRelease(
  folder: string,
  { version = '0.1.0', commit = 'unknown', script = agentFromSource(), platforms = linux } = {},
): Release {
  mkdirSync(folder, { recursive: true });
  // of the same length for each version, and another content
  const text = `#!/bin/sh\n# ${version}\n${script}\n`;
  const files = platforms.map((platform) => {
    const name = `muster-agent-${platform}`;
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o755);
    writeFileSync(join(folder, `${name}.gz`), gzipSync(text));
    return {
      platform,
      name,
      ...measured(join(folder, name)),
      downloads: [{ encoding: 'gzip' as const, name: `${name}.gz`, ...measured(join(folder, `${name}.gz`)) }],
    };
  });
  const release: Release = { version, commit, protocol: protocolVersion, files };
  writeFileSync(join(folder, 'release.json'), JSON.stringify(release));
  return release;
}

const linux: readonly ReleasePlatform[] = ['linux-x64', 'linux-arm64'];
const project = resolve(import.meta.dirname, '../..');

/** @param tree where the project lies for whoever runs the executable */
export const agentFromSource = (tree: string = project): string =>
  `exec ${quoted(`${tree}/node_modules/.bin/node`)} ${quoted(`${tree}/bin/muster-agent.js`)} "$@"`;

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

function measured(file: string): { bytes: number; sha256: string } {
  const content = readFileSync(file);
  return { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}
