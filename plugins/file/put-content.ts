import { readFile } from 'node:fs/promises';
import type { PluginContext, PluginResult } from '../../shared/plugin-api.ts';
import { summariseChange } from './change-summary.ts';
import { hasOwnership, type OwnershipArgs, readOwnership } from './ownership.ts';
import { replaceFile, setOwnership } from './place.ts';
import { withSentence } from './refusal.ts';
import { findTarget, makeParents, type TargetArgs } from './target.ts';

export type PutArgs = TargetArgs &
  OwnershipArgs & { readonly backup?: boolean; readonly createParents?: boolean; readonly dryRun?: boolean };

/**
 * Sees to it that a file has this content, mode and owner; a file that has them already is not touched.
 * @param contentOf given what is there now (undefined: nothing), answers what is to be there (undefined: nothing either)
 */
export async function putContent(
  args: PutArgs,
  { log }: Pick<PluginContext, 'log'>,
  contentOf: (old: Buffer | undefined) => Buffer | undefined,
): Promise<PluginResult> {
  const ownership = await readOwnership(args);
  return withSentence(args.path, 'write', async () => {
    const target = await findTarget(args);
    const { path, stats } = target;
    const old = stats === undefined ? undefined : await readFile(path);
    const content = contentOf(old);
    if (content === undefined) return { status: 'success', message: `${path} is not there.`, data: { changed: false, path } };
    const isSame = old?.equals(content) === true;
    const isAsWanted = isSame && stats !== undefined && hasOwnership(ownership, stats);
    const data = { path, bytes: content.length };
    if (isAsWanted) return { status: 'success', message: `${path} is as it should be.`, data: { changed: false, ...data } };
    if (args.dryRun === true) {
      const summary = isSame ? 'Only its mode or owner would change.' : summariseChange(old, content);
      log(summary);
      return {
        status: 'success',
        message: `${path} would be changed (dry run).`,
        data: { changed: true, dryRun: true, ...data, summary },
      };
    }
    if (isSame && stats !== undefined) {
      await setOwnership(path, stats, ownership);
      return { status: 'success', message: `Changed the mode or owner of ${path}.`, data: { changed: true, ...data } };
    }
    if (args.createParents === true) await makeParents(path);
    const placed = await replaceFile(target, ownership, args.backup === true, (file) => file.writeFile(content));
    const message = `${stats === undefined ? 'Created' : 'Changed'} ${path} (${content.length} bytes).`;
    return { status: 'success', message, data: { ...placed, ...data } };
  });
}
