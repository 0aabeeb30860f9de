import { join } from 'node:path';
import type { ReleasePlatform } from '../../shared/release.ts';
import { agentFiles } from './agent-files.ts';
import { packageFiles } from './package-files.ts';
import { programFiles } from './program-files.ts';
import { runtimeFiles } from './runtime-files.ts';
import { inOrder, type TreeEntry } from './tree-entry.ts';

/** The program in `root`, a checkout or an unpacked bundle, as it runs here: with the Node that runs this. */
export const ownTree = (root: string, platform: ReleasePlatform): TreeEntry[] =>
  inOrder([
    ...programFiles(root),
    ...packageFiles(root, platform),
    ...runtimeFiles(root, { platform, program: process.execPath, version: process.versions.node }),
    ...agentFiles(join(root, 'dist', 'agents')),
  ]);
