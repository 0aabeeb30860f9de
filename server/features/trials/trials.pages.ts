import { z } from 'zod';
import type { PluginSummary } from '../../../shared/api/plugins.ts';
import { MusterError } from '../../../shared/errors.ts';
import { type Json, readableJson } from '../../../shared/json.ts';
import { allows } from '../../../shared/permissions.ts';
import { isFinal } from '../../../shared/states.ts';
import type { Actor } from '../../platform/http/actor.ts';
import { type Form, type FormProblems, formBody, problemsOfError, signedIn, textOf, viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, type PageAnswer, page } from '../../platform/web/page.ts';
import type { AgentView } from '../agents/agents.ts';
import { type ArgsFields, argsFieldsOf } from '../tasks/args-fields.ts';
import { tidyRows } from '../tasks/args-rows.ts';
import { formFromArgs } from '../tasks/args-shown.ts';
import { formOfTask, freshForm, taskOfForm } from '../tasks/task-form.ts';
import { redrawn } from '../tasks/task-form-redrawn.ts';
import { taskFormData } from '../tasks/task-form-view.ts';
import { hostsToTry } from './trial-hosts.ts';
import type { Trial, Trials, TriedVersion } from './trials.service.ts';

export type TrialsPagesResources = {
  readonly trials: Trials;
  /** oldest first */
  readonly agents: () => readonly AgentView[];
  /** those that a task may name, the first few hundred */
  readonly secretNames: () => Promise<readonly string[]>;
};

type Shown = {
  readonly form: Form;
  readonly problems: FormProblems | null;
  readonly tried: TriedVersion;
  readonly trial: Trial | null;
};

const view = viewsOf(import.meta.url);
const params = z.object({ name: z.string().max(64) });
const query = z.object({
  version: z.string().max(64).optional(),
  action: z.string().max(64).optional(),
  host: z.string().max(200).optional(),
  /** number of an example of the action, to begin with */
  example: z.coerce.number().int().min(0).max(20).optional(),
  /** a trial that was made, to look at and to make again */
  execution: z.string().max(64).optional(),
});

/**
 * A plugin, in any of its stored versions, on one host: the form of a task with all that a trial does not need left out. What came of it
 * stands beside the form, which stays filled in; the page of its execution tells the rest.
 */
export function createTrialsPages({ trials, agents, secretNames }: TrialsPagesResources): AnyPage[] {
  async function show({ form, problems, tried, trial }: Shown, actor: Actor): Promise<PageAnswer> {
    const { plugin, versions } = tried;
    const action = textOf(form, 'action');
    const fields = fieldsOf(plugin, action);
    return {
      kind: 'view',
      view: view('trial'),
      title: `Try ${plugin.name}`,
      section: 'plugins',
      data: {
        ...taskFormData({ form, problems, task: null }, plugin, fields, { preview: null, problem: null }, versions),
        versions,
        hosts: hostsToTry(agents(), plugin.platforms ?? undefined),
        secrets: allows(actor.role, 'secrets.read') ? await secretNames() : null,
        trial,
        final: trial !== null && isFinal(trial.execution.state),
      },
      topics: trial === null ? [] : [`execution:${trial.execution.id}`],
      scripts: ['trial-host.js'],
      ...(problems === null ? {} : { status: 422 }),
    };
  }

  /** What was tried, with what was given to it. */
  async function again(name: string, executionId: string, actor: Actor): Promise<PageAnswer> {
    const trial = await trials.of(name, executionId);
    const tried = await trials.version(name, trial.task.pluginVersion ?? undefined);
    const form = formOfTask(trial.task, fieldsOf(tried.plugin, trial.task.action));
    const owner = trial.execution.agentName ?? '';
    return show({ form: { ...form, owner, pluginVersion: tried.plugin.sha256 }, problems: null, tried, trial }, actor);
  }

  return [
    page({
      method: 'GET',
      path: '/plugins/:name/try',
      permission: 'tasks.run',
      params,
      query,
      handler: async (request) => {
        const { version, action, host, example, execution } = request.query;
        const { name } = request.params;
        const actor = signedIn(request);
        if (execution !== undefined) return again(name, execution, actor);
        const tried = await trials.version(name, version);
        const chosen = actionIn(tried.plugin, action);
        const fields = fieldsOf(tried.plugin, chosen);
        const given: Form = { action: chosen, owner: host ?? '', pluginVersion: tried.plugin.sha256 };
        const fresh = freshForm(given, fields);
        const shown = tried.plugin.actions[chosen]?.examples?.[example ?? 0] as Json | undefined;
        const filled =
          shown === undefined || (fields !== undefined && example === undefined)
            ? fresh
            : { ...fresh, ...filledWith(shown, fields) };
        return show({ form: filled, problems: null, tried, trial: null }, actor);
      },
    }),
    page({
      method: 'POST',
      path: '/plugins/:name/try',
      permission: 'tasks.run',
      params,
      body: formBody,
      handler: async (request) => {
        const { name } = request.params;
        const actor = signedIn(request);
        const tried = await trials.version(name, textOf(request.body, 'pluginVersion'));
        const action = actionIn(tried.plugin, textOf(request.body, 'action') || undefined);
        const fields = fieldsOf(tried.plugin, action);
        const posted: Form = {
          ...request.body,
          plugin: name,
          action,
          pluginVersion: tried.plugin.sha256,
          type: 'Adhoc',
          name: `Try ${name}.${action}`,
        };
        const form = fields === undefined ? { ...posted, argsMode: 'json' } : tidyRows(fields.fields, posted);
        const only = redrawn(form, fields);
        if (only !== undefined) return show({ ...only, tried, trial: null }, actor);
        const read = taskOfForm(form, fields);
        if ('problems' in read) return show({ form, problems: withHost(read.problems, form), tried, trial: null }, actor);
        try {
          const { executionId } = await trials.start(read.input, actor);
          return { kind: 'redirect', to: `/plugins/${name}/try?execution=${executionId}#result` };
        } catch (error) {
          return show({ form, problems: problemsOfError(error), tried, trial: null }, actor);
        }
      },
    }),
  ];
}

const fieldsOf = ({ actions }: PluginSummary, action: string): ArgsFields | undefined => argsFieldsOf(actions[action]?.args);

/** The action that was named; without a name `main`, or the first one. */
function actionIn({ name, version, actions }: PluginSummary, wanted: string | undefined): string {
  const names = Object.keys(actions);
  const chosen = wanted ?? (names.includes('main') ? 'main' : names[0]) ?? 'main';
  if (!Object.hasOwn(actions, chosen))
    throw new MusterError(
      'action_unknown',
      `The plugin ${name} ${version} has no action ${chosen}. It has: ${names.join(', ')}.`,
    );
  return chosen;
}

const withHost = (problems: FormProblems, form: Form): FormProblems =>
  textOf(form, 'owner').trim() === '' ? { ...problems, fields: { ...problems.fields, owner: 'Choose a host.' } } : problems;

function filledWith(example: Json, fields: ArgsFields | undefined): Form {
  const shown = fields === undefined ? undefined : formFromArgs(fields, example);
  return shown !== undefined && 'form' in shown ? shown.form : { argsMode: 'json', argsJson: readableJson(example) };
}
