import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileEntry, type TreeEntry } from './tree-entry.ts';

/** What Muster itself needs to run and to be set up; not its tests, its tools, and what builds it. */
const folders = [
  'agent',
  'bin',
  'cli',
  'deploy',
  'docs',
  'plugins',
  'scripts/program-tree',
  'scripts/setup',
  'scripts/start',
  'server',
  'shared',
];
const files = [
  '.npmrc',
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'package-lock.json',
  'package.json',
  'scripts/setup-client.ts',
  'scripts/setup-server.ts',
  'scripts/start.ts',
  'tsconfig.json',
];

/** Pictures of the pages are as large as all else of the program together. */
const leftOut = /\.test\.[a-z]+$|^docs\/screenshots\/|(^|\/)(node_modules|__pycache__|\.git|\.DS_Store)(\/|$)/;

export function programFiles(root: string): TreeEntry[] {
  const inFolders = folders.flatMap((folder) => filesBelow(root, folder));
  const setUp = globSync('setup_*.{ps1,sh}', { cwd: root });
  const paths = [...files.filter((path) => existsSync(join(root, path))), ...setUp, ...inFolders];
  return paths.filter((path) => !leftOut.test(path)).map((path) => fileEntry(path, join(root, path), isProgram(root, path)));
}

/** Their paths from `root`, with `/`. */
export function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesBelow(root, path);
    return entry.isFile() || (entry.isSymbolicLink() && statSync(join(root, path)).isFile()) ? [path] : [];
  });
}

/** By its first bytes, because a disk of Windows keeps no modes. */
const isProgram = (root: string, path: string): boolean =>
  /\.(sh|js|ts|py)$|\/[^.]+$/.test(path) && readFileSync(join(root, path)).subarray(0, 2).toString('latin1') === '#!';
