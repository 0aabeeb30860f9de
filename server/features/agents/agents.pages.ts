import { z } from 'zod';
import { type Agent, type AgentStatus, type agentQuery, agentStatuses } from '../../../shared/api/agents.ts';
import type { Page as ListPage } from '../../../shared/api/listing.ts';
import { type FormProblems, problemsOfError, viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, page } from '../../platform/web/page.ts';
import { pagerOf, pagingQuery } from '../../platform/web/paging.ts';

export type AgentsPagesResources = {
  readonly list: (query: z.infer<typeof agentQuery>) => Promise<ListPage<Agent>>;
  readonly counts: () => { readonly online: number; readonly idle: number; readonly offline: number; readonly revoked: number };
};

const view = viewsOf(import.meta.url);

export function createAgentsPages(resources: AgentsPagesResources): AnyPage[] {
  return [
    page({
      method: 'GET',
      path: '/agents',
      permission: 'agents.read',
      query: z.object({ ...pagingQuery, status: z.enum(agentStatuses).optional(), target: z.string().max(2000).optional() }),
      handler: async ({ query }) => {
        let problems: FormProblems | null = null;
        let agents: ListPage<Agent> = { items: [], next: null };
        try {
          agents = await resources.list({ ...query, limit: 100 });
        } catch (error) {
          problems = problemsOfError(error);
        }
        const { online, idle, offline, revoked } = resources.counts();
        const counts: Record<AgentStatus, number> = { Online: online, Idle: idle, Offline: offline, Revoked: revoked };
        return {
          kind: 'view',
          view: view('agents'),
          title: 'Agents',
          section: 'agents',
          data: { agents: agents.items, counts, query, problems, pager: pagerOf('/agents', query, agents.next) },
          topics: ['agents'],
          ...(problems === null ? {} : { status: 422 }),
        };
      },
    }),
    page({
      method: 'GET',
      path: '/clients',
      permission: 'agents.read',
      handler: async () => ({ kind: 'redirect', to: '/agents' }),
    }),
  ];
}
