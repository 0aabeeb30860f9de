import type { PluginDiff, PluginDraft, PluginProblem } from '../../../shared/api/plugins.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { BundleFile } from '../../../shared/plugin-bundle.ts';
import type { Actor } from '../../platform/http/actor.ts';
import { problemsOfFiles } from './plugin-check.ts';
import { filesOfDraft } from './plugin-draft.ts';
import type { PluginInput } from './plugin-input.ts';
import { createSourceSyntax } from './source-syntax.ts';

/** Editing a plugin on the server: what would change, what is wrong with it, and the push. */
export type PluginWorkbench = {
  /** @throws MusterError not_found, field_invalid */
  check(name: string, draft: PluginDraft): Promise<PluginProblem[]>;
  /** @throws MusterError plugin_invalid */
  compare(name: string, draft: PluginDraft): Promise<PluginDiff>;
  /** @throws MusterError plugin_invalid; version_conflict when somebody else saved meanwhile */
  save(name: string, draft: PluginDraft, actor: Actor, address: string | null): Promise<void>;
};

type PushCondition = { readonly address: string | null; readonly ifMatch?: string; readonly ifNoneMatch?: string };

export type PluginWorkbenchResources = {
  /** the files of a stored version, `plugin.json` among them */
  readonly filesOf: (name: string, sha256: string) => Promise<readonly BundleFile[]>;
  readonly compare: (name: string, input: PluginInput) => Promise<PluginDiff>;
  readonly put: (name: string, input: PluginInput, actor: Actor, options: PushCondition) => Promise<unknown>;
};

export function createPluginWorkbench({ filesOf, compare, put }: PluginWorkbenchResources): PluginWorkbench {
  const syntax = createSourceSyntax();
  const made = async (name: string, draft: PluginDraft): Promise<BundleFile[]> =>
    filesOfDraft(draft, draft.base === null ? [] : await filesOf(name, draft.base));
  return {
    async check(name, draft) {
      try {
        return await problemsOfFiles(name, await made(name, draft), syntax);
      } catch (error) {
        if (!(error instanceof MusterError) || error.code !== 'field_invalid') throw error;
        return [{ level: 'error', file: 'plugin.json', line: null, column: null, message: error.message }];
      }
    },
    compare: async (name, draft) => compare(name, { files: await made(name, draft) }),
    async save(name, draft, actor, address) {
      const condition = draft.base === null ? { ifNoneMatch: '*' } : { ifMatch: `"${draft.base}"` };
      await put(name, { files: await made(name, draft) }, actor, { address, ...condition });
    },
  };
}
