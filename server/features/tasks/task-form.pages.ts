import { z } from 'zod';
import type { OwnerPreview } from '../../../shared/api/agents.ts';
import type { PluginSummary } from '../../../shared/api/plugins.ts';
import type { TaskCreated } from '../../../shared/api/runs.ts';
import { type Task, type TaskInput, taskTypes } from '../../../shared/api/tasks.ts';
import { MusterError } from '../../../shared/errors.ts';
import { allows } from '../../../shared/permissions.ts';
import type { Actor } from '../../platform/http/actor.ts';
import { type Form, type FormProblems, formBody, problemsOfError, signedIn, textOf, viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, type PageAnswer, page } from '../../platform/web/page.ts';
import { type ArgsFields, argsFieldsOf } from './args-fields.ts';
import { formOfTask, freshForm, isJsonMode, shownAt, switchArgs, taskOfForm } from './task-form.ts';
import { envField, jsonArgsField, policyFields, scheduleFields } from './task-form-fields.ts';

type MaybePromise<T> = T | Promise<T>;

export type TaskFormPagesResources = {
  readonly plugins: () => MaybePromise<readonly PluginSummary[]>;
  readonly preview: (owner: string) => MaybePromise<OwnerPreview>;
  readonly create: (input: TaskInput, actor: Actor) => Promise<TaskCreated>;
  readonly get: (id: string) => Promise<Task>;
  readonly update: (id: string, input: TaskInput, ifMatchVersion: number, actor: Actor) => Promise<unknown>;
};

const noFieldsForThese: FormProblems = {
  summary: 'One field needs a look.',
  fields: { argsJson: 'The fields have no place for these arguments; they can only be written as JSON.' },
};

type Shown = { readonly form: Form; readonly problems: FormProblems | null; readonly task: Task | null };

const view = viewsOf(import.meta.url);
const params = z.object({ id: z.string().max(64) });

/**
 * One form makes and edits tasks. Every button of it posts the whole form with an `intent`: `save` does it; `preview`, `json` and `fields`
 * only draw it again, with what was typed.
 */
export function createTaskFormPages(resources: TaskFormPagesResources): AnyPage[] {
  const pluginOf = async (form: Form): Promise<PluginSummary> => {
    const name = textOf(form, 'plugin');
    const plugin = (await resources.plugins()).find((candidate) => candidate.name === name);
    if (plugin === undefined) throw new MusterError('plugin_unknown', `There is no plugin ${name}. Choose one of the list.`);
    if (plugin.actions[textOf(form, 'action')] === undefined)
      throw new MusterError('action_unknown', `The plugin ${name} has no action ${textOf(form, 'action')}.`);
    return plugin;
  };
  const fieldsOf = (plugin: PluginSummary, form: Form): ArgsFields | undefined =>
    argsFieldsOf(plugin.actions[textOf(form, 'action')]?.args);

  const ownerOf = async (form: Form): Promise<{ preview: OwnerPreview | null; problem: string | null }> => {
    const owner = textOf(form, 'owner').trim();
    if (owner === '') return { preview: null, problem: null };
    try {
      return { preview: await resources.preview(owner), problem: null };
    } catch (error) {
      const { summary, fields } = problemsOfError(error);
      return { preview: null, problem: fields.owner ?? summary };
    }
  };

  const show = async ({ form, problems, task }: Shown): Promise<PageAnswer> => {
    const plugin = await pluginOf(form);
    const fields = fieldsOf(plugin, form);
    const owner = await ownerOf(form);
    const placed = new Set(
      [...(fields?.fields ?? []), ...scheduleFields, ...policyFields, envField, jsonArgsField].map(({ key }) => key),
    );
    const problemFields = Object.fromEntries(
      Object.entries(problems?.fields ?? {}).map(([key, text]) => [placeOf(shownAt(key), placed), text]),
    );
    return {
      kind: 'view',
      view: view('task-form'),
      title: task === null ? 'New task' : `Edit ${task.name}`,
      section: 'tasks',
      data: {
        task,
        plugin,
        action: plugin.actions[textOf(form, 'action')],
        argsFields: fields === undefined || isJsonMode(form) ? null : fields.fields,
        canSwitch: fields !== undefined,
        jsonArgsField, scheduleFields, policyFields, envField, taskTypes, owner,
        values: form,
        problems: problems === null ? null : { summary: problems.summary, fields: problemFields },
      },
      scripts: ['task-form.js'],
      ...(problems === null ? {} : { status: 422 }),
    }; // biome-ignore format: the static fields read as one list
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
        const plugin = await pluginOf({ plugin: task.plugin, action: task.action });
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

/** `args.tags.0` is shown at `args.tags`; what has no input of its own is shown at the arguments as a whole. */
function placeOf(key: string, placed: ReadonlySet<string>): string {
  const parts = key.split('.');
  for (let length = parts.length; length > 0; length -= 1) {
    const place = parts.slice(0, length).join('.');
    if (placed.has(place)) return place;
  }
  return parts[0] === 'args' ? 'argsJson' : key;
}
