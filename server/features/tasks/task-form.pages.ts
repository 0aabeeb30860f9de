import { z } from 'zod';
import type { OwnerPreview } from '../../../shared/api/agents.ts';
import type { PluginSummary, PluginVersion, PluginVersionDetail } from '../../../shared/api/plugins.ts';
import type { TaskCreated } from '../../../shared/api/runs.ts';
import type { Firings, SchedulePreview, Task, TaskInput } from '../../../shared/api/tasks.ts';
import { cronInWords } from '../../../shared/cron-words.ts';
import { MusterError } from '../../../shared/errors.ts';
import { allows } from '../../../shared/permissions.ts';
import type { Actor } from '../../platform/http/actor.ts';
import { patchRuns } from '../../platform/text/patch-runs.ts';
import { type Form, type FormProblems, formBody, problemsOfError, signedIn, textOf, viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, type PageAnswer, page } from '../../platform/web/page.ts';
import { type ArgsFields, argsFieldsOf } from './args-fields.ts';
import { tidyRows } from './args-rows.ts';
import { type FiringShown, firingsShown } from './firing-shown.ts';
import { changesOf } from './task-changes.ts';
import { copyOfTask, formOfTask, freshForm, taskOfForm, timingOfForm } from './task-form.ts';
import { redrawn } from './task-form-redrawn.ts';
import { type OwnerShown, type TaskFormShown, taskFormData } from './task-form-view.ts';

type MaybePromise<T> = T | Promise<T>;

export type TaskFormPagesResources = {
  readonly plugins: () => MaybePromise<readonly PluginSummary[]>;
  /** the stored versions of a plugin, and one of them */
  readonly history: {
    versions(name: string): Promise<readonly PluginVersion[]>;
    version(name: string, version: string): Promise<PluginVersionDetail>;
  };
  readonly preview: (owner: string, platforms?: readonly string[]) => MaybePromise<OwnerPreview>;
  readonly firings: (timing: SchedulePreview) => Firings;
  /** those that a task may name, the first few hundred */
  readonly secretNames: () => Promise<readonly string[]>;
  readonly create: (input: TaskInput, actor: Actor) => Promise<TaskCreated>;
  readonly get: (id: string) => Promise<Task>;
  readonly update: (id: string, input: TaskInput, ifMatchVersion: number, actor: Actor) => Promise<unknown>;
};

/** The next firings of what was typed, or why there are none. */
type FiringsShown = {
  readonly items: readonly FiringShown[];
  readonly words: string | null;
  readonly problem: string | null;
};

const view = viewsOf(import.meta.url);
const params = z.object({ id: z.string().max(64) });

/**
 * One form makes and edits tasks. Every button of it posts the whole form with an `intent`: `save` does it, the others only draw the form
 * again, with what was typed (`task-form-redrawn.ts`). With script the same answers are fetched, and parts of them put in place.
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

  const fieldsOfTask = async ({ plugin, action, pluginVersion }: Task): Promise<ArgsFields | undefined> => {
    const named: Form = { plugin, action, pluginVersion: pluginVersion ?? '' };
    return fieldsOf(await pluginOf(named), named);
  };

  const ownerOf = async (form: Form, platforms: readonly string[] | null): Promise<OwnerShown> => {
    const owner = textOf(form, 'owner').trim();
    if (owner === '') return { preview: null, problem: null };
    try {
      return { preview: await resources.preview(owner, platforms ?? undefined), problem: null };
    } catch (error) {
      const { summary, fields } = problemsOfError(error);
      return { preview: null, problem: fields.owner ?? summary };
    }
  };

  const firingsOf = (form: Form): FiringsShown => {
    const timing = timingOfForm(form);
    const none = { items: [], words: null };
    if (timing === undefined) return { ...none, problem: null };
    if ('problem' in timing) return { ...none, problem: timing.problem };
    try {
      const items = firingsShown(resources.firings(timing), timing.timeZone);
      return { items, words: cronInWords(timing.cron) ?? null, problem: null };
    } catch (error) {
      const { summary, fields } = problemsOfError(error);
      return { ...none, problem: Object.values(fields)[0] ?? summary };
    }
  };

  const show = async (shown: TaskFormShown, actor: Actor, status = 200): Promise<PageAnswer> => {
    const { form, task } = shown;
    const plugin = await pluginOf(form);
    const [owner, versions, secrets] = await Promise.all([
      ownerOf(form, plugin.platforms),
      resources.history.versions(plugin.name),
      allows(actor.role, 'secrets.read') ? resources.secretNames() : null,
    ]);
    return {
      kind: 'view',
      view: view('task-form'),
      title: task === null ? 'New task' : `Edit ${task.name}`,
      section: 'tasks',
      data: {
        ...taskFormData(shown, plugin, fieldsOf(plugin, form), owner, versions),
        firings: firingsOf(form),
        secrets,
        patchRuns,
      },
      scripts: ['task-form.js'],
      status,
    };
  };

  /** Redraws or saves what was posted. */
  const answer = async (
    posted: Form,
    task: Task | null,
    actor: Actor,
    save: (input: TaskInput) => Promise<string>,
  ): Promise<PageAnswer> => {
    const fields = fieldsOf(await pluginOf(posted), posted);
    const form = fields === undefined ? posted : tidyRows(fields.fields, posted);
    const read = taskOfForm(form, fields);
    const changes =
      task === null ? {} : { changes: 'input' in read ? changesOf(task, read.input, fields) : ('unreadable' as const) };
    const only = redrawn(form, fields);
    if (only !== undefined) return show({ ...only, task, ...changes }, actor);
    if ('problems' in read)
      return show({ form, problems: withOwner(read.problems, await ownerOf(form, null)), task }, actor, 422);
    try {
      return { kind: 'redirect', to: await save(read.input) };
    } catch (error) {
      const problems = problemsOfError(error);
      if (task === null || !(error instanceof MusterError) || error.code !== 'version_conflict')
        return show({ form, problems, task }, actor, 422);
      const summary = `${problems.summary} What a save changes now stands at the end; save again to do it all the same.`;
      return show(
        { form: { ...form, version: String(task.version) }, problems: { ...problems, summary }, task, ...changes },
        actor,
        422,
      );
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
        /** a task to begin with a copy of */
        from: z.string().max(64).optional(),
      }),
      handler: async (request) => {
        const { plugin, action, owner, from } = request.query;
        const actor = signedIn(request);
        if (from !== undefined) {
          const task = await resources.get(from);
          return show({ form: copyOfTask(task, await fieldsOfTask(task)), problems: null, task: null }, actor);
        }
        if (plugin === undefined) {
          const data = { plugins: await resources.plugins(), owner: owner ?? '' };
          return {
            kind: 'view',
            view: view('task-choose'),
            title: 'New task',
            section: 'tasks',
            data,
            scripts: ['task-choose.js'],
          };
        }
        const given: Form = { plugin, action, ...(owner === undefined || owner === '' ? {} : { owner }) };
        const fields = fieldsOf(await pluginOf(given), given);
        return show({ form: freshForm(given, fields), problems: null, task: null }, actor);
      },
    }),
    page({
      method: 'POST',
      path: '/tasks/new',
      permission: 'tasks.run',
      body: formBody,
      handler: (request) =>
        answer(request.body, null, signedIn(request), async (input) => {
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
      handler: async (request) => {
        const task = await resources.get(request.params.id);
        return show({ form: formOfTask(task, await fieldsOfTask(task)), problems: null, task }, signedIn(request));
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
        const actor = signedIn(request);
        return answer(form, task, actor, async (input) => {
          await resources.update(task.id, input, Number(textOf(form, 'version')), actor);
          return `/tasks/${task.id}`;
        });
      },
    }),
  ];
}

/** The owner is looked at by the service, and later than the rest: somebody who has to come back anyway is told of it at once. */
function withOwner(problems: FormProblems, { problem }: OwnerShown): FormProblems {
  if (problem === null || problems.fields.owner !== undefined) return problems;
  const fields = { ...problems.fields, owner: problem };
  return { summary: `${Object.keys(fields).length} fields need a look.`, fields };
}
