import { z } from 'zod';
import type { PluginDetail, PluginDiff, PluginProblem } from '../../../shared/api/plugins.ts';
import { MusterError } from '../../../shared/errors.ts';
import { pluginName } from '../../../shared/names.ts';
import type { BundleFile } from '../../../shared/plugin-bundle.ts';
import { patchRuns } from '../../platform/text/patch-runs.ts';
import { formBody, problemsOfError, signedIn, textOf, viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, type PageAnswer, page } from '../../platform/web/page.ts';
import { type DraftForm, draftOf, draftOfFiles, draftOfForm, withFile, withoutFile } from './draft-form.ts';
import { newDraft, newRuntimes } from './new-draft.ts';
import type { PluginWorkbench } from './plugin-workbench.ts';

export type PluginEditorResources = {
  readonly detail: (name: string) => Promise<PluginDetail>;
  readonly history: {
    files(name: string, version: string): Promise<BundleFile[]>;
    diff(name: string, from: string | undefined, to: string | undefined): Promise<PluginDiff>;
  };
  readonly workbench: PluginWorkbench;
};

type Shown = {
  readonly draft: DraftForm;
  /** null: not looked for yet */
  readonly problems: readonly PluginProblem[] | null;
  /** why it was not saved */
  readonly refusal?: string;
  /** what a save would change; the only look of the page that saves */
  readonly diff?: PluginDiff;
  /** what somebody else saved since this was opened; null: what it was before is not stored any more */
  readonly meanwhile?: PluginDiff | null;
  /** nothing was typed yet */
  readonly isFresh?: true;
};

const view = viewsOf(import.meta.url);
const params = z.object({ name: pluginName });
const bodyLimit = 8 * 1024 * 1024;

/**
 * One form holds every file. Each button posts all of it with an `intent`: `check`, `add` and `remove.N` draw it again, `review` shows what a
 * save would change, and only from there `save` pushes it.
 */
export function createPluginEditorPages({ detail, history, workbench }: PluginEditorResources): AnyPage[] {
  const known = (name: string): Promise<PluginDetail | undefined> =>
    detail(name).catch((error: unknown) => {
      if (error instanceof MusterError && error.code === 'not_found') return undefined;
      throw error;
    });

  async function show(name: string, shown: Shown): Promise<PageAnswer> {
    const plugin = await known(name);
    const kept =
      plugin === undefined || shown.draft.base === null
        ? []
        : (await keptPaths(name, shown.draft)).filter((path) => !shown.draft.removed.includes(path));
    return {
      kind: 'view',
      view: view('plugin-editor'),
      title: plugin === undefined ? `New plugin ${name}` : `Edit ${name}`,
      section: 'plugins',
      data: {
        name,
        plugin: plugin ?? null,
        draft: shown.draft,
        kept,
        problems: shown.problems,
        refusal: shown.refusal ?? null,
        diff: shown.diff ?? null,
        meanwhile: shown.meanwhile,
        isUnsaved: shown.isFresh !== true,
        patchRuns,
      },
      scripts: ['plugin-editor.js'],
      status: shown.meanwhile !== undefined ? 409 : shown.refusal !== undefined ? 422 : 200,
    };
  }

  /** Files of the version that was opened that have no text here. */
  async function keptPaths(name: string, { base, files }: DraftForm): Promise<string[]> {
    const edited = new Set(files.map(({ was }) => was));
    const all = await history.files(name, base ?? '').catch(() => []);
    return all.flatMap(({ path }) => (edited.has(path) ? [] : [path]));
  }

  /** @param meanwhile as in `Shown` */
  async function review(name: string, draft: DraftForm, meanwhile?: PluginDiff | null): Promise<PageAnswer> {
    const problems = await workbench.check(name, draftOf(draft));
    const shown = { draft, problems, ...(meanwhile === undefined ? {} : { meanwhile }) };
    if (problems.some(({ level }) => level === 'error'))
      return show(name, { ...shown, refusal: 'It cannot be saved like this: see the problems below.' });
    try {
      return await show(name, { ...shown, diff: await workbench.compare(name, draftOf(draft)) });
    } catch (error) {
      return show(name, { ...shown, refusal: problemsOfError(error).summary });
    }
  }

  /**
   * Somebody else saved since this was opened: what that changed, and what a save of this text changes of it. The text is from now on one
   * of the version that is current, so that a save after this look is a decision.
   */
  async function conflict(name: string, draft: DraftForm): Promise<PageAnswer> {
    const current = (await known(name))?.sha256 ?? null;
    const { base } = draft;
    const meanwhile = base === null || current === null ? null : await history.diff(name, base, current).catch(() => null);
    return review(name, { ...draft, base: current }, meanwhile);
  }

  return [
    page({
      method: 'GET',
      path: '/new-plugin',
      permission: 'plugins.write',
      query: z.object({ name: z.string().max(64).optional(), runtime: z.enum(newRuntimes).default('node') }),
      handler: async ({ query: { name, runtime } }) => {
        const fault = name === undefined ? null : (pluginName.safeParse(name).error?.issues[0]?.message ?? null);
        const taken = name !== undefined && fault === null && (await known(name)) !== undefined;
        if (name !== undefined && fault === null && !taken)
          return { kind: 'redirect', to: `/plugins/${name}/edit?runtime=${runtime}` };
        const problem = taken ? `There is a plugin ${name} already.` : fault;
        return {
          kind: 'view',
          view: view('plugin-new'),
          title: 'New plugin',
          section: 'plugins',
          data: { name: name ?? '', runtime, runtimes: newRuntimes, problem },
          ...(problem === null ? {} : { status: 422 }),
        };
      },
    }),
    page({
      method: 'GET',
      path: '/plugins/:name/edit',
      permission: 'plugins.write',
      params,
      query: z.object({ runtime: z.enum(newRuntimes).optional() }),
      handler: async ({ params: { name }, query: { runtime } }) => {
        const plugin = await known(name);
        if (plugin === undefined && runtime === undefined) await detail(name);
        const draft =
          plugin === undefined
            ? newDraft(name, runtime ?? 'node')
            : draftOfFiles(plugin.sha256, await history.files(name, plugin.sha256));
        // a check takes a process: the script asks for it when the page is there, and who has none presses the button
        return show(name, { draft, problems: null, isFresh: true });
      },
    }),
    page({
      method: 'POST',
      path: '/plugins/:name/edit',
      permission: 'plugins.write',
      params,
      body: formBody,
      bodyLimit,
      handler: async (request) => {
        const { name } = request.params;
        const draft = draftOfForm(request.body);
        const intent = textOf(request.body, 'intent');
        if (intent === 'review') return review(name, draft);
        if (intent === 'save') {
          try {
            await workbench.save(name, draftOf(draft), signedIn(request), request.address);
            return { kind: 'redirect', to: `/plugins/${name}` };
          } catch (error) {
            if (error instanceof MusterError && error.code === 'version_conflict') return conflict(name, draft);
            return show(name, { draft, problems: null, refusal: problemsOfError(error).summary });
          }
        }
        const changed = changedBy(intent, draft, textOf(request.body, 'newFile').trim());
        return show(name, { draft: changed, problems: await workbench.check(name, draftOf(changed)) });
      },
    }),
  ];
}

function changedBy(intent: string, draft: DraftForm, newFile: string): DraftForm {
  const removed = /^remove\.(\d+)$/.exec(intent)?.[1];
  if (removed !== undefined) return withoutFile(draft, Number(removed));
  return intent === 'add' && newFile !== '' ? withFile(draft, newFile) : draft;
}
