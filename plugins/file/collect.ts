import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { PluginContext, PluginResult } from '../../shared/plugin-api.ts';
import { withSentence } from './refusal.ts';
import { findExisting } from './target.ts';

export type CollectArgs = { readonly path: string; readonly name?: string; readonly maxBytes?: number };

const defaultMaxBytes = 100 * 1024 * 1024;

/** A copy of the file as it is now; one that grows meanwhile (a log) is taken up to the length that it had. */
export function collectFile(
  { path: given, name, maxBytes = defaultMaxBytes }: CollectArgs,
  { storeArtifact, workspace }: Pick<PluginContext, 'storeArtifact' | 'workspace'>,
): Promise<PluginResult> {
  return withSentence(given, 'read', async () => {
    const { path, stats } = await findExisting({ path: given, followLinks: true });
    if (stats.size > maxBytes) throw new Error(`${path} has ${stats.size} bytes; \`maxBytes\` allows ${maxBytes}.`);
    const copy = join(workspace, 'collected');
    const [from, to] = await Promise.all([open(path, constants.O_RDONLY), open(copy, 'wx', 0o600)]);
    // the files of /proc say that they are empty
    const length = stats.size > 0 ? stats.size : maxBytes;
    const writing = to.createWriteStream();
    await pipeline(from.createReadStream({ end: length - 1 }), writing);
    const bytes = writing.bytesWritten;
    const artifact = await storeArtifact(copy, name ?? basename(path));
    return {
      status: 'success',
      message: `Collected ${path}, ${bytes} bytes, as ${artifact}.`,
      data: { path, bytes, artifact },
    };
  });
}
