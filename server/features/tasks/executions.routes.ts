import { z } from 'zod';
import { execution, executionDetail, executionQuery } from '../../../shared/api/executions.ts';
import { pageOf } from '../../../shared/api/listing.ts';
import { type AnyRoute, route } from '../../platform/http/route.ts';
import type { ExecutionsService } from './executions.service.ts';
import { known } from './tasks.routes.ts';

const byId = z.strictObject({ id: z.string().min(1).max(64) });
const tag = 'executions';

export function executionRoutes(executions: ExecutionsService): AnyRoute[] {
  return [
    route({
      method: 'GET',
      path: '/api/v1/executions',
      aliases: ['/executions'],
      permission: 'tasks.read',
      tag,
      summary: 'List executions, newest first',
      query: executionQuery,
      responses: { 200: pageOf(execution) },
      handler: async ({ query }) => ({ status: 200, body: await executions.list(query) }),
    }),
    route({
      method: 'GET',
      path: '/api/v1/executions/:id',
      permission: 'tasks.read',
      tag,
      summary: 'Read an execution, its attempts and why it has this host',
      params: byId,
      responses: { 200: executionDetail },
      handler: async ({ params }) => ({ status: 200, body: await executions.get(params.id) }),
    }),
    route({
      method: 'POST',
      path: '/api/v1/executions/:id/cancel',
      permission: 'tasks.cancel',
      tag,
      summary: 'Cancel an execution',
      params: byId,
      responses: { 200: executionDetail },
      handler: async ({ params, actor }) => ({ status: 200, body: await executions.cancel(params.id, known(actor)) }),
    }),
  ];
}
