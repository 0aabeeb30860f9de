import { setImmediate as turn } from 'node:timers/promises';
import type { PluginDiff } from '../../../shared/api/plugins.ts';
import { readableJson } from '../../../shared/json.ts';
import type { PluginBundle } from '../../../shared/plugin-bundle.ts';
import { linePatch } from '../../platform/text/line-patch.ts';
import { manifestPath } from './bundles.ts';
import { textOf } from './plugin-detail.ts';

type DiffedFile = PluginDiff['files'][number];

/** Texts of all patches together; what comes after it is named without its lines. */
const maxPatchChars = 4 * 1024 * 1024;
/** Work on one comparison; the files that it does not reach are named without their lines. */
const maxWorkMs = 1_500;

/**
 * File by file, by path; the manifest is compared as it is written out for a person. Others have their turn between two files: a bundle
 * may have thousands.
 * @param now for the bound of the work, which does not count the turns of others
 */
export async function bundleDiff(
  from: PluginBundle | undefined,
  to: PluginBundle,
  now = () => performance.now(),
): Promise<PluginDiff['files']> {
  const before = contentsOf(from);
  const after = contentsOf(to);
  const files: DiffedFile[] = [];
  let room = maxPatchChars;
  let workedMs = 0;
  for (const path of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const [old, next] = [before.get(path), after.get(path)];
    if (old !== undefined && next !== undefined && old.equals(next)) continue;
    await turn();
    const begin = now();
    const patch = room > 0 && workedMs < maxWorkMs ? patchOf(old ?? nothing, next ?? nothing) : undefined;
    workedMs += now() - begin;
    room -= patch?.patch.length ?? 0;
    files.push({
      path,
      change: old === undefined ? 'added' : next === undefined ? 'removed' : 'changed',
      added: patch?.added ?? null,
      removed: patch?.removed ?? null,
      patch: room < 0 ? null : (patch?.patch ?? null),
    });
  }
  return files;
}

const nothing = Buffer.alloc(0);

function patchOf(old: Buffer, next: Buffer): ReturnType<typeof linePatch> {
  const [oldText, nextText] = [textOf(old), textOf(next)];
  return oldText === null || nextText === null ? undefined : linePatch(oldText, nextText);
}

function contentsOf(bundle: PluginBundle | undefined): Map<string, Buffer> {
  if (bundle === undefined) return new Map();
  return new Map([
    [manifestPath, Buffer.from(`${readableJson(bundle.manifest)}\n`)],
    ...bundle.files.map(({ path, base64 }) => [path, Buffer.from(base64, 'base64')] as const),
  ]);
}
