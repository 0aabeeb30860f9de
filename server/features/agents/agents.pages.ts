import { z } from 'zod';
import { type AgentStatus, type AgentTagged, agentStatuses } from '../../../shared/api/agents.ts';
import { tagName } from '../../../shared/names.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Actor } from '../../platform/http/actor.ts';
import {
  type Form,
  type FormProblems,
  formBody,
  listOf,
  problemsOfError,
  signedIn,
  textOf,
  viewsOf,
  wordsOf,
} from '../../platform/web/form.ts';
import { type AnyPage, type PageAnswer, page } from '../../platform/web/page.ts';
import { urlOf } from '../../platform/web/paging.ts';
import { concernsOf } from './agent-concerns.ts';
import { type AgentOrder, agentOrders, chosenAgents, countByStatus, sortedAgents } from './agent-list.ts';
import { rowOf, type SparkValues } from './agent-rows.ts';
import type { TagChange } from './agent-tags.service.ts';
import type { AgentsService } from './agents.service.ts';
import type { AgentView } from './agents.ts';

export type AgentsPagesResources = {
  /** the executables that the server offers now, if it does */
  readonly offered: () => Promise<OfferedAgent | null>;
  readonly agents: Pick<AgentsService, 'all' | 'get' | 'filter' | 'shown'> & {
    tagThese(agents: readonly AgentView[], change: TagChange, actor: Actor, origin: Origin): Promise<AgentTagged>;
  };
  readonly sparklines: (agentIds: readonly string[]) => Promise<ReadonlyMap<string, SparkValues>>;
  readonly heartbeatSeconds: number;
  readonly clock: Pick<Clock, 'now'>;
};

/** An agent as this server offers it, and who runs something else. */
export type OfferedAgent = { readonly version: string; readonly isOutdated: (agent: AgentView) => boolean };

type Origin = { readonly address: string | null };

const view = viewsOf(import.meta.url);
const perPage = 50;
/** What the choice of a status offers besides the statuses. */
const attention = 'attention';
const outdated = 'outdated';
const looks = ['table', 'cards'] as const;

const listQuery = z.object({
  target: z.string().max(2000).optional(),
  status: z.enum([...agentStatuses, attention, outdated]).optional(),
  sort: z.enum(agentOrders).optional(),
  view: z.enum(looks).optional(),
  page: z.coerce.number().int().min(1).max(1_000_000).optional(),
  /** after tagging: how many were changed */
  tagged: z.coerce.number().int().min(0).optional(),
});
type ListQuery = z.infer<typeof listQuery>;
type Filter = Pick<ListQuery, 'target' | 'status'>;

/** The list of agents. Everything in it comes from memory, so that it is as quick with ten thousand of them as with ten. */
export function createAgentsPages({ agents, offered, sparklines, heartbeatSeconds, clock }: AgentsPagesResources): AnyPage[] {
  const concerns = (agent: AgentView) => concernsOf(agent, clock.now(), heartbeatSeconds);
  const isTroubled = (agent: AgentView): boolean => concerns(agent).length > 0;

  async function chosen({ target = '', status }: Filter): Promise<AgentView[]> {
    const isOutdated = (await offered())?.isOutdated ?? nobody;
    const of = status === attention ? { only: isTroubled } : status === outdated ? { only: isOutdated } : { status };
    return chosenAgents(agents.all(), { matches: agents.filter(target), ...of });
  }

  async function show(query: ListQuery, remembered: string | undefined, tagging: Tagging | null): Promise<PageAnswer> {
    const { tagged, page: wanted = 1, ...rest } = query;
    const order: AgentOrder = query.sort ?? 'name';
    const look = query.view ?? (remembered === 'cards' ? 'cards' : 'table');
    const offer = await offered();
    const isOutdated = offer?.isOutdated ?? nobody;
    const counts = {
      ...countByStatus(agents.all()),
      [attention]: agents.all().filter(isTroubled).length,
      [outdated]: agents.all().filter(isOutdated).length,
    };
    let problems: FormProblems | null = null;
    let matched: AgentView[] = [];
    try {
      matched = sortedAgents(await chosen(query), order);
    } catch (error) {
      problems = problemsOfError(error);
    }
    const pages = Math.max(1, Math.ceil(matched.length / perPage));
    const at = Math.min(wanted, pages);
    const shown = matched.slice((at - 1) * perPage, at * perPage);
    const sparks = await sparklines(shown.map(({ id }) => id));
    const link = (change: Partial<ListQuery>): string => urlOf('/agents', { ...rest, page: undefined, ...change });
    return {
      kind: 'view',
      view: view('agents'),
      title: 'Agents',
      section: 'agents',
      data: {
        rows: shown.map((agent) =>
          rowOf(agents.shown(agent), { concerns: concerns(agent), outdated: isOutdated(agent) }, sparks.get(agent.id)),
        ),
        offeredVersion: offer?.version ?? null,
        total: agents.all().length,
        matched: matched.length,
        counts,
        statuses: [...agentStatuses] satisfies AgentStatus[],
        query,
        look,
        order,
        link,
        problems,
        tagging,
        tagged: tagged ?? null,
        first: (at - 1) * perPage + 1,
        previous: at > 1 ? link({ page: at - 1 }) : null,
        next: at < pages ? link({ page: at + 1 }) : null,
      },
      topics: ['agents'],
      scripts: ['agents.js'],
      ...(problems === null && tagging === null ? {} : { status: 422 }),
    };
  }

  async function tag(form: Form, actor: Actor, origin: Origin, remembered: string | undefined): Promise<PageAnswer> {
    const filter = listQuery.parse(Object.fromEntries(['target', 'status', 'sort', 'view'].flatMap((key) => given(form, key))));
    const add = wordsOf(form, 'add');
    const remove = wordsOf(form, 'remove');
    const again = (problem: string): Promise<PageAnswer> =>
      show(filter, remembered, {
        problem,
        add: textOf(form, 'add'),
        remove: textOf(form, 'remove'),
        scope: textOf(form, 'scope'),
      });
    const wrong = [...add, ...remove].find((word) => !tagName.safeParse(word).success);
    if (wrong !== undefined) return again(`"${wrong}" is no tag. A tag is a word, or key=value.`);
    if (add.length + remove.length === 0) return again('Write a tag to add or to remove.');
    const both = add.find((word) => remove.includes(word));
    if (both !== undefined) return again(`"${both}" cannot be added and removed at once.`);
    try {
      const reached =
        textOf(form, 'scope') === 'all' ? await chosen(filter) : listOf(form, 'agent').flatMap((id) => agents.get(id) ?? []);
      if (reached.length === 0) return again('Tick the hosts to tag, or choose all that match.');
      const { changed } = await agents.tagThese(reached, { add: [...add], remove: [...remove] }, actor, origin);
      return { kind: 'redirect', to: urlOf('/agents', { ...filter, tagged: changed }) };
    } catch (error) {
      return again(problemsOfError(error).summary);
    }
  }

  return [
    page({
      method: 'GET',
      path: '/agents',
      permission: 'agents.read',
      query: listQuery,
      handler: ({ query, headers }) => show(query, rememberedLook(headers.cookie), null),
    }),
    page({
      method: 'POST',
      path: '/agents/tags',
      permission: 'agents.write',
      body: formBody,
      handler: (request) =>
        tag(request.body, signedIn(request), { address: request.address }, rememberedLook(request.headers.cookie)),
    }),
    page({
      method: 'GET',
      path: '/clients',
      permission: 'agents.read',
      handler: async () => ({ kind: 'redirect', to: '/agents' }),
    }),
  ];
}

const nobody = (): boolean => false;

/** The form of tagging as it was sent, when something in it was wrong. */
export type Tagging = { readonly problem: string; readonly add: string; readonly remove: string; readonly scope: string };

const given = (form: Form, key: string): [string, string][] => {
  const value = textOf(form, key);
  return value === '' ? [] : [[key, value]];
};

/** The script of the page keeps the last choice for the next visit. */
const rememberedLook = (cookie: string | undefined): string | undefined =>
  /(?:^|;\s*)muster_agents=(table|cards)(?:;|$)/.exec(cookie ?? '')?.[1];
