import { z } from 'zod';
import { execution, executionQuery } from '../../../shared/api/executions.ts';
import { pageOf } from '../../../shared/api/listing.ts';
import { folded, retryInput, run, runGrid, runQuery } from '../../../shared/api/runs.ts';
import { type AnyRoute, route } from '../../platform/http/route.ts';
import type { ExecutionsService } from './executions.service.ts';
import type { RunsService } from './runs.service.ts';
import { known } from './tasks.routes.ts';

const byId = z.strictObject({ id: z.string().min(1).max(64) });
const waitQuery = z.strictObject({ wait: z.coerce.number().min(0).max(300).default(0) });
const tag = 'runs';

export function runRoutes(runs: RunsService, executions: ExecutionsService): AnyRoute[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/runs',
      permission: 'tasks.read',
      tag,
      summary: 'List runs, newest first',
      query: runQuery,
      responses: { 200: pageOf(run) },
      handler: async ({ query }) => ({ status: 200, body: await runs.list(query) }),
    }),
    route({
      method: 'GET',
      path: '/api/v1/runs/:id',
      permission: 'tasks.read',
      tag,
      summary: 'Read a run; with `wait`, once it is final',
      params: byId,
      query: waitQuery,
      responses: { 200: run },
      handler: async ({ params, query, signal }) => ({ status: 200, body: await runs.waitFinal(params.id, query.wait, signal) }),
    }),
    route({
      method: 'GET',
      path: '/api/v1/runs/:id/executions',
      permission: 'tasks.read',
      tag,
      summary: 'List the executions of a run, newest first',
      params: byId,
      query: executionQuery.omit({ runId: true, taskId: true }),
      responses: { 200: pageOf(execution) },
      async handler({ params, query }) {
        await runs.get(params.id);
        return { status: 200, body: await executions.list({ ...query, runId: params.id }) };
      },
    }),
    route({
      method: 'GET',
      path: '/api/v1/runs/:id/folded',
      permission: 'tasks.read',
      tag,
      summary: 'Read the results of a run with equal ones grouped',
      params: byId,
      responses: { 200: folded },
      handler: async ({ params }) => ({ status: 200, body: await runs.folded(params.id) }),
    }),
    route({
      method: 'GET',
      path: '/api/v1/runs/:id/grid',
      permission: 'tasks.read',
      tag,
      summary: 'Read the state of every host of a run, as small as it gets',
      params: byId,
      responses: { 200: runGrid },
      isCompressed: true,
      handler: async ({ params }) => ({ status: 200, body: await runs.grid(params.id) }),
    }),
    route({
      method: 'POST',
      path: '/api/v1/runs/:id/cancel',
      permission: 'tasks.cancel',
      tag,
      summary: 'Cancel every open execution of a run',
      params: byId,
      responses: { 200: run },
      handler: async ({ params, actor }) => ({ status: 200, body: await runs.cancel(params.id, known(actor)) }),
    }),
    route({
      method: 'POST',
      path: '/api/v1/runs/:id/retry',
      permission: 'tasks.run',
      tag,
      summary: 'Run the task of this run again, on all that it reaches or on some hosts of this run',
      params: byId,
      body: retryInput,
      responses: { 201: run },
      async handler({ params, body, actor }) {
        const again = await runs.retry(params.id, body, known(actor));
        return { status: 201, body: again, headers: { location: `/api/v1/runs/${again.id}` } };
      },
    }),
  ];
}
