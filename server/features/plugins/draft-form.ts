import type { PluginDraft } from '../../../shared/api/plugins.ts';
import type { BundleFile } from '../../../shared/plugin-bundle.ts';
import { type Form, textOf as formText, listOf } from '../../platform/web/form.ts';
import { textOf } from './plugin-detail.ts';

/** A plugin in the editor: one input for the path and one for the text of each file that a person would edit, numbered. */
export type DraftForm = {
  readonly base: string | null;
  readonly files: readonly { readonly path: string; readonly was: string | null; readonly text: string }[];
  readonly removed: readonly string[];
  /** number of the file that is looked at */
  readonly open: number;
};

const longestEdited = 256 * 1024;
const mostEdited = 60;

/** What of a bundle is edited here; the rest (dependencies, what is not text) stays as it is, and can be removed. */
export function draftOfFiles(base: string, files: readonly BundleFile[]): DraftForm {
  const texts = files
    .filter(({ path }) => !/(^|\/)(node_modules|vendor)\//.test(path))
    .flatMap(({ path, base64 }) => {
      const text = textOf(Buffer.from(base64, 'base64'));
      return text === null || text.length > longestEdited ? [] : [{ path, was: path, text: text.replace(/\r\n/g, '\n') }];
    });
  const entryFirst = texts.findIndex(({ path }) => path !== 'plugin.json');
  return { base, files: texts.slice(0, mostEdited), removed: [], open: Math.max(0, entryFirst) };
}

/** Never refuses anything: what was typed comes back, whatever it is. */
export function draftOfForm(form: Form): DraftForm {
  const numbers = Object.keys(form)
    .flatMap((key) => /^path\.(\d{1,4})$/.exec(key)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
  return {
    base: formText(form, 'base') || null,
    files: numbers.map((number) => ({
      path: formText(form, `path.${number}`).trim(),
      was: formText(form, `was.${number}`) || null,
      text: formText(form, `text.${number}`),
    })),
    removed: listOf(form, 'removed'),
    open: Number(formText(form, 'open')) || 0,
  };
}

export const draftOf = ({ base, files, removed }: DraftForm): PluginDraft => ({ base, files: [...files], removed: [...removed] });

/** @param at number of a file */
export function withoutFile(draft: DraftForm, at: number): DraftForm {
  const was = draft.files[at]?.was ?? null;
  return {
    ...draft,
    files: draft.files.filter((_, index) => index !== at),
    removed: was === null ? draft.removed : [...draft.removed, was],
    open: 0,
  };
}

export const withFile = (draft: DraftForm, path: string): DraftForm => ({
  ...draft,
  files: [...draft.files, { path, was: null, text: '' }],
  open: draft.files.length,
});
