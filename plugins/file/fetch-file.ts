import type { PluginContext, PluginResult } from '../../shared/plugin-api.ts';
import { type Download, type DownloadArgs, downloadTo, shown } from './download.ts';
import { hashFile } from './hash-file.ts';
import { hasOwnership, readOwnership } from './ownership.ts';
import { replaceFile, setOwnership } from './place.ts';
import type { PutArgs } from './put-content.ts';
import { withSentence } from './refusal.ts';
import { findTarget, makeParents } from './target.ts';

/** With a checksum, what is there already is not fetched again; without one, it is fetched and compared. */
export async function fetchFile(
  args: PutArgs & DownloadArgs & { readonly sha256?: string },
  { signal, progress }: PluginContext,
): Promise<PluginResult> {
  const ownership = await readOwnership(args);
  const { url, dryRun = false } = args;
  const wanted = args.sha256?.toLowerCase();
  return withSentence(args.path, 'write', async () => {
    const target = await findTarget(args);
    const { path, stats } = target;
    const old = stats === undefined ? undefined : await hashFile(path, 'sha256');
    /** The content is right; mode and owner may not be. */
    const keep = async (sha256: string): Promise<PluginResult> => {
      const isDressed = stats === undefined || hasOwnership(ownership, stats);
      if (!isDressed && !dryRun && stats !== undefined) await setOwnership(path, stats, ownership);
      const message = isDressed ? `${path} is as it should be.` : `Changed the mode or owner of ${path}.`;
      return { status: 'success', message, data: { changed: !isDressed, path, sha256, ...(dryRun ? { dryRun } : {}) } };
    };
    if (wanted !== undefined && old === wanted) return keep(wanted);
    if (dryRun) {
      const data = { changed: true, dryRun, path };
      return { status: 'success', message: `Would fetch ${shown(url)} to ${path} (dry run).`, data };
    }
    if (args.createParents === true) await makeParents(path);
    let download: Download | undefined;
    try {
      const placed = await replaceFile(target, ownership, args.backup === true, async (file) => {
        download = await downloadTo(file, args, signal, progress);
        if (wanted !== undefined && download.sha256 !== wanted)
          throw new Error(
            `What ${shown(url)} sent has the SHA-256 ${download.sha256}, not the expected one; ${path} was left as it was.`,
          );
        if (wanted === undefined && download.sha256 === old) throw new SameAsBefore();
      });
      const { bytes = 0, sha256 = '' } = download ?? {};
      const message = `Fetched ${shown(url)} to ${path} (${bytes} bytes).`;
      return { status: 'success', message, data: { ...placed, path, bytes, sha256 } };
    } catch (error) {
      if (error instanceof SameAsBefore && old !== undefined) return keep(old);
      throw error;
    }
  });
}

/** Ends the replacing of a file by what it is already. */
class SameAsBefore extends Error {}
