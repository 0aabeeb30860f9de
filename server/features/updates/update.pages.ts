import { z } from 'zod';
import type { Page as ListPage } from '../../../shared/api/listing.ts';
import type { AgentUpdate, HostUpdate, hostUpdateQuery } from '../../../shared/api/updates.ts';
import { hostUpdateStates } from '../../../shared/update-states.ts';
import type { Actor } from '../../platform/http/actor.ts';
import { formBody, signedIn, viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, page } from '../../platform/web/page.ts';
import { pagerOf, pagingQuery, urlOf } from '../../platform/web/paging.ts';
import { overIn, statesIn, waveRows } from './wave-rows.ts';

type Change = (id: string, actor: Actor, origin: { readonly address: string | null }) => Promise<unknown>;

export type UpdatePagesResources = {
  readonly get: (id: string) => Promise<AgentUpdate>;
  readonly hosts: (id: string, query: z.infer<typeof hostUpdateQuery>) => Promise<ListPage<HostUpdate>>;
  readonly pause: Change;
  readonly resume: Change;
  readonly end: Change;
};

const view = viewsOf(import.meta.url);
const params = z.object({ id: z.string().max(64) });

/** One update: its waves, its hosts with the reason of each, and what can be done about it. */
export function createUpdatePages(resources: UpdatePagesResources): AnyPage[] {
  const change = (what: 'pause' | 'resume' | 'end'): AnyPage =>
    page({
      method: 'POST',
      path: `/agents/updates/:id/${what}`,
      permission: 'agents.write',
      params,
      body: formBody,
      handler: async (request) => {
        await resources[what](request.params.id, signedIn(request), { address: request.address });
        return { kind: 'redirect', to: `/agents/updates/${request.params.id}` };
      },
    });

  return [
    page({
      method: 'GET',
      path: '/agents/updates/:id',
      permission: 'agents.read',
      params,
      query: z.object({
        ...pagingQuery,
        state: z.enum(hostUpdateStates).optional(),
        wave: z.coerce.number().int().min(0).optional(),
        /** asks before it is ended */
        end: z.literal('1').optional(),
      }),
      handler: async ({ params: { id }, query: { end, ...query } }) => {
        const path = `/agents/updates/${id}`;
        const [update, hosts] = await Promise.all([resources.get(id), resources.hosts(id, { ...query, limit: 50 })]);
        return {
          kind: 'view',
          view: view('update'),
          title: `Update to ${update.version}`,
          section: 'agents',
          data: {
            update,
            waves: waveRows(update),
            over: overIn(update.counts),
            states: statesIn(update.counts),
            hosts: hosts.items,
            query,
            asksForEnd: end === '1' && update.state !== 'ended',
            link: (given: Readonly<Record<string, unknown>>): string => urlOf(path, given),
            pager: pagerOf(path, query, hosts.next),
          },
          topics: [`update:${id}`],
        };
      },
    }),
    change('pause'),
    change('resume'),
    change('end'),
  ];
}
