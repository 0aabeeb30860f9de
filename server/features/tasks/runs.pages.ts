import { z } from 'zod';
import type { Execution, executionQuery } from '../../../shared/api/executions.ts';
import type { Page as ListPage } from '../../../shared/api/listing.ts';
import type { Folded, Run, runQuery } from '../../../shared/api/runs.ts';
import { runStates } from '../../../shared/run-states.ts';
import { countsAsError, executionStates } from '../../../shared/states.ts';
import type { Actor } from '../../platform/http/actor.ts';
import { formBody, signedIn, viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, page } from '../../platform/web/page.ts';
import { pagerOf, pagingQuery } from '../../platform/web/paging.ts';

export type RunsPagesResources = {
  readonly list: (query: z.infer<typeof runQuery>) => Promise<ListPage<Run>>;
  readonly get: (id: string) => Promise<Run>;
  readonly folded: (id: string) => Promise<Folded>;
  readonly cancel: (id: string, actor: Actor) => Promise<unknown>;
  readonly retry: (id: string, actor: Actor) => Promise<Run>;
  readonly executions: (query: z.infer<typeof executionQuery>) => Promise<ListPage<Execution>>;
};

const view = viewsOf(import.meta.url);
const params = z.object({ id: z.string().max(64) });

export function createRunsPages(resources: RunsPagesResources): AnyPage[] {
  return [
    page({
      method: 'GET',
      path: '/runs',
      permission: 'tasks.read',
      query: z.object({
        ...pagingQuery,
        state: z.enum(runStates).optional(),
        taskId: z.string().max(64).optional(),
        plugin: z.string().max(64).optional(),
      }),
      handler: async ({ query }) => {
        const runs = await resources.list({ ...query, limit: 50 });
        const data = { runs: runs.items, query, runStates, pager: pagerOf('/runs', query, runs.next) };
        return { kind: 'view', view: view('runs'), title: 'Runs', section: 'runs', data, topics: ['runs'] };
      },
    }),
    page({
      method: 'GET',
      path: '/runs/:id',
      permission: 'tasks.read',
      params,
      query: z.object({ ...pagingQuery, state: z.enum(executionStates).optional() }),
      handler: async ({ params: { id }, query }) => {
        const run = await resources.get(id);
        const [executions, folded] = await Promise.all([
          resources.executions({ ...query, runId: id, limit: 100 }),
          run.open < run.total ? resources.folded(id) : null,
        ]);
        return {
          kind: 'view',
          view: view('run'),
          title: run.taskName,
          section: 'runs',
          data: {
            run,
            executions: executions.items,
            groups: outliersFirst(folded?.groups ?? []),
            query,
            pager: pagerOf(`/runs/${id}`, query, executions.next),
          },
          topics: [`run:${id}`],
        };
      },
    }),
    page({
      method: 'POST',
      path: '/runs/:id/cancel',
      permission: 'tasks.cancel',
      params,
      body: formBody,
      handler: async (request) => {
        await resources.cancel(request.params.id, signedIn(request));
        return { kind: 'redirect', to: `/runs/${request.params.id}` };
      },
    }),
    page({
      method: 'POST',
      path: '/runs/:id/retry',
      permission: 'tasks.run',
      params,
      body: formBody,
      handler: async (request) => ({
        kind: 'redirect',
        to: `/runs/${(await resources.retry(request.params.id, signedIn(request))).id}`,
      }),
    }),
  ];
}

/** Errors before the rest, and among equals the rarest first: what differs from the fleet is what somebody looks for. */
export const outliersFirst = (groups: Folded['groups']): Folded['groups'] =>
  [...groups].sort((a, b) => Number(countsAsError(b.state)) - Number(countsAsError(a.state)) || a.count - b.count);
