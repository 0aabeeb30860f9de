import { fileURLToPath } from 'node:url';
import type { Release } from '../../../shared/release.ts';

/** Where `npm run build:agent` puts its executables. */
export const ownAgentsDir: string = fileURLToPath(new URL('../../../dist/agents', import.meta.url));

export const howToBuild =
  'No executables of the agent were built for this server. Run `npm run build:agent` where it is installed, or point MUSTER_AGENTS_DIR at a folder that holds them.';

/** A file of a release that can be downloaded: an executable, or one packed. */
export type Download = { readonly name: string; readonly bytes: number; readonly sha256: string };

/** Only what the release names: nothing else of the folder is ever served. */
export const downloadsOf = ({ files }: Release): readonly Download[] => files.flatMap((file) => [file, ...file.downloads]);

/** Both ends included, as HTTP counts. */
export type ByteRange = { readonly start: number; readonly end: number };

/**
 * The one range that a client asks for (`bytes=100-`, `bytes=100-199`, `bytes=-100`). Several, or one that makes no sense, are not followed:
 * then the whole file is sent, which HTTP allows.
 */
export function rangeIn(header: string | undefined, bytes: number): ByteRange | undefined {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  const start = from === '' ? Math.max(0, bytes - Number(to)) : Number(from);
  const end = from === '' || to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1);
  return start <= end && start < bytes ? { start, end } : undefined;
}
