import { z } from 'zod';
import type { Execution, executionQuery } from '../../../shared/api/executions.ts';
import type { Page as ListPage } from '../../../shared/api/listing.ts';
import { type Folded, type RetryInput, type Run, retryChoices, retryInput, type runQuery } from '../../../shared/api/runs.ts';
import { runStates } from '../../../shared/run-states.ts';
import { executionStates } from '../../../shared/states.ts';
import type { Actor } from '../../platform/http/actor.ts';
import { patchRuns } from '../../platform/text/patch-runs.ts';
import { badge } from '../../platform/web/badges.ts';
import { formBody, signedIn, viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, page } from '../../platform/web/page.ts';
import { pagerOf, pagingQuery } from '../../platform/web/paging.ts';

export type RunsPagesResources = {
  readonly list: (query: z.infer<typeof runQuery>) => Promise<ListPage<Run>>;
  readonly get: (id: string) => Promise<Run>;
  readonly foldedOnPage: (id: string) => Promise<Folded>;
  readonly cancel: (id: string, actor: Actor) => Promise<unknown>;
  readonly retry: (id: string, choice: RetryInput, actor: Actor) => Promise<Run>;
  readonly executions: (query: z.infer<typeof executionQuery>) => Promise<ListPage<Execution>>;
};

/** As the bar of a run shows them: what went well, what went wrong, what was left out, what is under way. */
const tones = ['good', 'bad', 'off', 'warn', 'busy', 'wait'];
const inOrderOfTone = [...executionStates].sort((a, b) => tones.indexOf(badge(a).tone) - tones.indexOf(badge(b).tone));

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
          run.open < run.total ? resources.foldedOnPage(id) : null,
        ]);
        return {
          kind: 'view',
          view: view('run'),
          title: run.taskName,
          section: 'runs',
          data: {
            run,
            executions: executions.items,
            folded,
            retryChoices: folded === null ? [] : retryChoices.filter((only) => folded.retry[only] > 0),
            patchRuns,
            states: inOrderOfTone,
            query,
            pager: pagerOf(`/runs/${id}`, query, executions.next),
          },
          topics: [`grid:${id}`],
          scripts: run.total > 1 ? ['run-page.js'] : [],
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
      body: retryInput,
      handler: async (request) => {
        const again = await resources.retry(request.params.id, request.body, signedIn(request));
        return { kind: 'redirect', to: `/runs/${again.id}` };
      },
    }),
  ];
}
