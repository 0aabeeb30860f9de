import { z } from 'zod';
import { type AgentDetail, agentPatch } from '../../../shared/api/agents.ts';
import type { Execution, executionQuery } from '../../../shared/api/executions.ts';
import type { Page as ListPage } from '../../../shared/api/listing.ts';
import { type MetricRange, type MetricSeries, metricRanges } from '../../../shared/api/metrics.ts';
import type { AgentUpdate, HostUpdate } from '../../../shared/api/updates.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Actor } from '../../platform/http/actor.ts';
import {
  type FormProblems,
  formBody,
  problemsOfError,
  problemsOfIssues,
  signedIn,
  textOf,
  viewsOf,
  wordsOf,
} from '../../platform/web/form.ts';
import { type AnyPage, type PageAnswer, page } from '../../platform/web/page.ts';
import { concernsOf } from './agent-concerns.ts';
import type { OfferedAgent } from './agents.pages.ts';
import type { AgentView } from './agents.ts';
import { factRows } from './fact-rows.ts';
import { metricSummary } from './metric-summary.ts';

type Origin = { readonly address: string | null };

export type AgentPagesResources = {
  readonly detail: (id: string) => Promise<AgentDetail>;
  readonly patch: (id: string, patch: z.infer<typeof agentPatch>, actor: Actor, origin: Origin) => Promise<unknown>;
  readonly revoke: (id: string, actor: Actor, origin: Origin) => Promise<unknown>;
  readonly remove: (id: string, actor: Actor, origin: Origin) => Promise<unknown>;
  readonly get: (id: string) => AgentView | undefined;
  readonly executions: (query: z.infer<typeof executionQuery>) => Promise<ListPage<Execution>>;
  readonly metrics: (id: string, range: MetricRange) => Promise<MetricSeries>;
  readonly offered: () => Promise<OfferedAgent | null>;
  /** what the update of agents that is in force does there */
  readonly updateOf: (id: string) => Promise<{ readonly update: AgentUpdate; readonly host: HostUpdate } | null>;
  readonly heartbeatSeconds: number;
  readonly clock: Pick<Clock, 'now'>;
};

const view = viewsOf(import.meta.url);
const confirm = new URL('../../platform/web/views/confirm.ejs', import.meta.url).href;
const params = z.object({ id: z.string().max(64) });
const executionsShown = 20;

const endings = {
  revoke: {
    heading: 'Revoke the key of',
    text: 'The agent is cut off at once and can never come back with this key; work that it still holds will be marked lost. No other agent is touched. To bring the host back, join it again with a new join token.',
    label: 'Revoke the key',
  },
  remove: {
    heading: 'Remove',
    text: 'Its row disappears from the list; its past executions stay in the ledger. The host can join again with a new join token. An agent that is connected cannot be removed: stop it on its host, or revoke its key, first.',
    label: 'Remove the agent',
  },
} as const;

export function createAgentPages(resources: AgentPagesResources): AnyPage[] {
  const show = async (
    id: string,
    range: MetricRange,
    edit: { name: string; tags: string } | null,
    problems: FormProblems | null,
  ): Promise<PageAnswer> => {
    const agent = await resources.detail(id);
    const [running, newest, metrics, offer, inUpdate] = await Promise.all([
      resources.executions({ agentId: id, state: 'running', limit: executionsShown }),
      resources.executions({ agentId: id, limit: executionsShown }),
      resources.metrics(id, range),
      resources.offered(),
      resources.updateOf(id),
    ]);
    const known = resources.get(id);
    return {
      kind: 'view',
      view: view('agent'),
      title: agent.name,
      section: 'agents',
      data: {
        agent,
        concerns: known === undefined ? [] : concernsOf(known, resources.clock.now(), resources.heartbeatSeconds),
        outdated: known !== undefined && offer?.isOutdated(known) === true,
        inUpdate,
        facts: factRows(agent),
        running: running.items,
        past: newest.items.filter(({ state }) => state !== 'running'),
        moreExecutions: newest.next !== null,
        range,
        ranges: metricRanges,
        summary: metricSummary(metrics),
        values: edit ?? { name: agent.name, tags: agent.tags.join('\n') },
        problems,
      },
      topics: [`agent:${id}`],
      scripts: ['charts.js', 'facts.js'],
      ...(problems === null ? {} : { status: 422 }),
    };
  };

  const ending = (kind: keyof typeof endings): AnyPage[] => [
    page({
      method: 'GET',
      path: `/agents/:id/${kind}`,
      permission: 'agents.write',
      params,
      handler: async ({ params: { id } }) => {
        const { name } = await resources.detail(id);
        const { heading, text, label } = endings[kind];
        const data = { heading: `${heading} ${name}?`, text, label, action: `/agents/${id}/${kind}`, back: `/agents/${id}` };
        return { kind: 'view', view: confirm, title: data.heading, section: 'agents', data };
      },
    }),
    page({
      method: 'POST',
      path: `/agents/:id/${kind}`,
      permission: 'agents.write',
      params,
      body: formBody,
      handler: async (request) => {
        await resources[kind](request.params.id, signedIn(request), { address: request.address });
        return { kind: 'redirect', to: kind === 'remove' ? '/agents' : `/agents/${request.params.id}` };
      },
    }),
  ];

  return [
    page({
      method: 'GET',
      path: '/agents/:id',
      permission: 'agents.read',
      params,
      query: z.object({ range: z.enum(metricRanges).default('1h') }),
      handler: ({ params: { id }, query: { range } }) => show(id, range, null, null),
    }),
    page({
      method: 'POST',
      path: '/agents/:id',
      permission: 'agents.write',
      params,
      body: formBody,
      handler: async (request) => {
        const { id } = request.params;
        const edit = { name: textOf(request.body, 'name').trim(), tags: textOf(request.body, 'tags') };
        const patch = agentPatch.safeParse({ name: edit.name, tags: wordsOf(request.body, 'tags') });
        if (!patch.success) return show(id, '1h', edit, ofTags(problemsOfIssues(patch.error.issues)));
        try {
          await resources.patch(id, patch.data, signedIn(request), { address: request.address });
          return { kind: 'redirect', to: `/agents/${id}` };
        } catch (error) {
          return show(id, '1h', edit, problemsOfError(error));
        }
      },
    }),
    ...ending('revoke'),
    ...ending('remove'),
  ];
}

/** A problem of one tag is shown at the field that holds them all. */
function ofTags(problems: FormProblems): FormProblems {
  const tag = Object.entries(problems.fields).find(([key]) => key.startsWith('tags.'));
  return tag === undefined ? problems : { ...problems, fields: { ...problems.fields, tags: tag[1] } };
}
