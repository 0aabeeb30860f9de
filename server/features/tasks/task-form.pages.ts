import { z } from 'zod';
import type { OwnerPreview } from '../../../shared/api/agents.ts';
import type { PluginSummary, PluginVersion, PluginVersionDetail } from '../../../shared/api/plugins.ts';
import type { TaskCreated } from '../../../shared/api/runs.ts';
import type { Firings, SchedulePreview, Task, TaskInput } from '../../../shared/api/tasks.ts';
import { MusterError } from '../../../shared/errors.ts';
import { allows } from '../../../shared/permissions.ts';
import type { Actor } from '../../platform/http/actor.ts';
import { type Form, type FormProblems, formBody, problemsOfError, signedIn, textOf, viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, type PageAnswer, page } from '../../platform/web/page.ts';
import { type ArgsFields, argsFieldsOf } from './args-fields.ts';
import { formOfTask, freshForm, isJsonMode, switchArgs, taskOfForm, timingOfForm } from './task-form.ts';
import { type OwnerShown, type TaskFormShown, taskFormData } from './task-form-view.ts';

type MaybePromise<T> = T | Promise<T>;

export type TaskFormPagesResources = {
  readonly plugins: () => MaybePromise<readonly PluginSummary[]>;
  /** the stored versions of a plugin, and one of them */
  readonly history: {
    versions(name: string): Promise<readonly PluginVersion[]>;
    version(name: string, version: string): Promise<PluginVersionDetail>;
  };
  readonly preview: (owner: string) => MaybePromise<OwnerPreview>;
  readonly firings: (timing: SchedulePreview) => Firings;
  readonly create: (input: TaskInput, actor: Actor) => Promise<TaskCreated>;
  readonly get: (id: string) => Promise<Task>;
  readonly update: (id: string, input: TaskInput, ifMatchVersion: number, actor: Actor) => Promise<unknown>;
};

/** The next firings of what was typed, or why there are none. */
type FiringsShown = Firings & { readonly problem: string | null };

const noFieldsForThese: FormProblems = {
  summary: 'One field needs a look.',
  fields: { argsJson: 'The fields have no place for these arguments; they can only be written as JSON.' },
};

const view = viewsOf(import.meta.url);
const params = z.object({ id: z.string().max(64) });

/**
 * One form makes and edits tasks. Every button of it posts the whole form with an `intent`: `save` does it; `preview`, `json` and `fields`
 * only draw it again, with what was typed.
 */
export function createTaskFormPages(resources: TaskFormPagesResources): AnyPage[] {
  const pluginOf = async (form: Form): Promise<PluginSummary> => {
    const name = textOf(form, 'plugin');
    const current = (await resources.plugins()).find((candidate) => candidate.name === name);
    const plugin = current === undefined ? undefined : { ...current, ...(await pinnedOf(name, form)) };
    if (plugin === undefined) throw new MusterError('plugin_unknown', `There is no plugin ${name}. Choose one of the list.`);
    if (plugin.actions[textOf(form, 'action')] === undefined)
      throw new MusterError('action_unknown', `The plugin ${name} has no action ${textOf(form, 'action')}.`);
    return plugin;
  };
  /** The version that was typed has actions and arguments of its own. One that there is not is told when the form is saved. */
  const pinnedOf = async (name: string, form: Form): Promise<Partial<PluginSummary>> => {
    const wanted = textOf(form, 'pluginVersion').trim();
    if (wanted === '') return {};
    try {
      const { version, sha256, actions } = await resources.history.version(name, wanted);
      return { version, sha256, actions };
    } catch (error) {
      if (error instanceof MusterError) return {};
      throw error;
    }
  };
  const fieldsOf = (plugin: PluginSummary, form: Form): ArgsFields | undefined =>
    argsFieldsOf(plugin.actions[textOf(form, 'action')]?.args);

  const ownerOf = async (form: Form): Promise<OwnerShown> => {
    const owner = textOf(form, 'owner').trim();
    if (owner === '') return { preview: null, problem: null };
    try {
      return { preview: await resources.preview(owner), problem: null };
    } catch (error) {
      const { summary, fields } = problemsOfError(error);
      return { preview: null, problem: fields.owner ?? summary };
    }
  };

  const firingsOf = (form: Form): FiringsShown => {
    const timing = timingOfForm(form);
    if (timing === undefined) return { items: [], problem: null };
    if ('problem' in timing) return { items: [], problem: timing.problem };
    try {
      return { ...resources.firings(timing), problem: null };
    } catch (error) {
      const { summary, fields } = problemsOfError(error);
      return { items: [], problem: Object.values(fields)[0] ?? summary };
    }
  };

  const show = async (shown: TaskFormShown): Promise<PageAnswer> => {
    const { form, problems, task } = shown;
    const plugin = await pluginOf(form);
    return {
      kind: 'view',
      view: view('task-form'),
      title: task === null ? 'New task' : `Edit ${task.name}`,
      section: 'tasks',
      data: {
        ...taskFormData(
          shown,
          plugin,
          fieldsOf(plugin, form),
          await ownerOf(form),
          await resources.history.versions(plugin.name),
        ),
        firings: firingsOf(form),
      },
      scripts: ['task-form.js', 'task-firings.js'],
      ...(problems === null ? {} : { status: 422 }),
    };
  };

  /** Redraws or saves what was posted. */
  const answer = async (form: Form, task: Task | null, save: (input: TaskInput) => Promise<string>): Promise<PageAnswer> => {
    const fields = fieldsOf(await pluginOf(form), form);
    const intent = textOf(form, 'intent');
    if (intent === 'json' || intent === 'fields') {
      const switched = switchArgs(form, fields, intent);
      const stuck = intent === 'fields' && isJsonMode(switched);
      return show({ form: switched, problems: stuck ? noFieldsForThese : null, task });
    }
    if (intent === 'preview') return show({ form, problems: null, task });
    const read = taskOfForm(form, fields);
    if ('problems' in read) return show({ form, problems: read.problems, task });
    try {
      return { kind: 'redirect', to: await save(read.input) };
    } catch (error) {
      return show({ form, problems: problemsOfError(error), task });
    }
  };

  return [
    page({
      method: 'GET',
      path: '/tasks/new',
      permission: 'tasks.run',
      query: z.object({
        plugin: z.string().max(64).optional(),
        action: z.string().max(64).default('main'),
        owner: z.string().max(2000).optional(),
      }),
      handler: async ({ query: { plugin, action, owner } }) => {
        if (plugin === undefined) {
          const data = { plugins: await resources.plugins(), owner: owner ?? '' };
          return { kind: 'view', view: view('task-choose'), title: 'New task', section: 'tasks', data };
        }
        const given: Form = { plugin, action, ...(owner === undefined || owner === '' ? {} : { owner }) };
        const fields = fieldsOf(await pluginOf(given), given);
        return show({ form: freshForm(given, fields), problems: null, task: null });
      },
    }),
    page({
      method: 'POST',
      path: '/tasks/new',
      permission: 'tasks.run',
      body: formBody,
      handler: (request) =>
        answer(request.body, null, async (input) => {
          const actor = signedIn(request);
          if (input.type !== 'Adhoc' && !allows(actor.role, 'tasks.write'))
            throw new MusterError('forbidden', 'Your role may run tasks once, but not schedule them.', { field: 'type' });
          const { task, run } = await resources.create(input, actor);
          return run === null ? `/tasks/${task.id}` : `/runs/${run.id}`;
        }),
    }),
    page({
      method: 'GET',
      path: '/tasks/:id/edit',
      permission: 'tasks.write',
      params,
      handler: async ({ params: { id } }) => {
        const task = await resources.get(id);
        const plugin = await pluginOf({ plugin: task.plugin, action: task.action, pluginVersion: task.pluginVersion ?? '' });
        return show({ form: formOfTask(task, fieldsOf(plugin, { action: task.action })), problems: null, task });
      },
    }),
    page({
      method: 'POST',
      path: '/tasks/:id/edit',
      permission: 'tasks.write',
      params,
      body: formBody,
      handler: async (request) => {
        const task = await resources.get(request.params.id);
        const form: Form = { ...request.body, plugin: task.plugin, action: task.action };
        return answer(form, task, async (input) => {
          await resources.update(task.id, input, Number(textOf(form, 'version')), signedIn(request));
          return `/tasks/${task.id}`;
        });
      },
    }),
  ];
}
