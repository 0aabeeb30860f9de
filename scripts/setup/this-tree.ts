import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type ReleasePlatform, releasePlatforms } from '../../shared/release.ts';

const bundleFacts = z.object({ version: z.string(), platform: z.enum(releasePlatforms), commit: z.string() });

/** The folder of Muster that is set up. */
export type ThisTree = {
  readonly top: string;
  /** it was unpacked from a bundle, and there is no npm for it */
  readonly isBundle: boolean;
  /** undefined: there is no Node and no executable for this machine */
  readonly platform: ReleasePlatform | undefined;
};

export function readThisTree(): ThisTree {
  const top = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
  const file = join(top, 'bundle.json');
  const isBundle = existsSync(file) && bundleFacts.safeParse(JSON.parse(readFileSync(file, 'utf8'))).success;
  const name = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  return { top, isBundle, platform: releasePlatforms.find((each) => each === name) };
}

/** How the command line of Muster is called in this folder. */
export function commandOf({ isBundle }: Pick<ThisTree, 'isBundle'>, platform: NodeJS.Platform): string {
  if (!isBundle) return 'npx muster';
  return platform === 'win32' ? '.\\muster.cmd' : './muster';
}
