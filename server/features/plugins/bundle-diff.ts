import type { PluginDiff } from '../../../shared/api/plugins.ts';
import { readableJson } from '../../../shared/json.ts';
import type { PluginBundle } from '../../../shared/plugin-bundle.ts';
import { manifestPath } from './bundles.ts';
import { linePatch } from './line-patch.ts';
import { textOf } from './plugin-detail.ts';

type DiffedFile = PluginDiff['files'][number];

/** Texts of all patches together; what comes after it is named without its lines. */
const maxPatchChars = 4 * 1024 * 1024;

/** File by file, by path; the manifest is compared as it is written out for a person. */
export function bundleDiff(from: PluginBundle | undefined, to: PluginBundle): PluginDiff['files'] {
  const before = contentsOf(from);
  const after = contentsOf(to);
  let room = maxPatchChars;
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((path): DiffedFile[] => {
    const [old, next] = [before.get(path), after.get(path)];
    if (old !== undefined && next !== undefined && old.equals(next)) return [];
    const change = old === undefined ? 'added' : next === undefined ? 'removed' : 'changed';
    const [oldText, nextText] = [textOf(old ?? nothing), textOf(next ?? nothing)];
    const patch = oldText === null || nextText === null ? undefined : linePatch(oldText, nextText);
    room -= patch?.patch.length ?? 0;
    return [
      {
        path,
        change,
        added: patch?.added ?? null,
        removed: patch?.removed ?? null,
        patch: room < 0 ? null : (patch?.patch ?? null),
      },
    ];
  });
}

const nothing = Buffer.alloc(0);

function contentsOf(bundle: PluginBundle | undefined): Map<string, Buffer> {
  if (bundle === undefined) return new Map();
  return new Map([
    [manifestPath, Buffer.from(`${readableJson(bundle.manifest)}\n`)],
    ...bundle.files.map(({ path, base64 }) => [path, Buffer.from(base64, 'base64')] as const),
  ]);
}
