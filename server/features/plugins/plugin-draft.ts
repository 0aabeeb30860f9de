import type { PluginDraft } from '../../../shared/api/plugins.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { BundleFile } from '../../../shared/plugin-bundle.ts';
import { textOf } from './plugin-detail.ts';

/** @param base the files of the version that was opened, `plugin.json` among them @throws MusterError field_invalid */
export function filesOfDraft({ files, removed }: PluginDraft, base: readonly BundleFile[]): BundleFile[] {
  const before = new Map(base.map((file) => [file.path, file]));
  const named = new Set([...removed, ...files.flatMap(({ was }) => (was === null ? [] : [was]))]);
  const edited = files.map(({ path, was, text }) => editedFile(path.trim(), text, was === null ? undefined : before.get(was)));
  const all = [...base.filter(({ path }) => !named.has(path)), ...edited];
  const twice = all.find(({ path }, at) => all.findIndex((other) => other.path === path) !== at);
  if (twice !== undefined) throw new MusterError('field_invalid', `Two files are called ${twice.path}.`, { field: 'path' });
  return all;
}

/** Forms have their own line ends, and a file keeps those that it had. */
function editedFile(path: string, text: string, before: BundleFile | undefined): BundleFile {
  if (path === '') throw new MusterError('field_invalid', 'A file has no name.', { field: 'path' });
  const plain = text.replace(/\r\n/g, '\n');
  const old = before === undefined ? null : textOf(Buffer.from(before.base64, 'base64'));
  const kept = old?.includes('\r\n') === true ? plain.replace(/\n/g, '\r\n') : plain;
  return { path, executable: before?.executable ?? false, base64: Buffer.from(kept).toString('base64') };
}
