import { lockList } from '../../../shared/api/locks.ts';
import { type AnyRoute, route } from '../../platform/http/route.ts';
import type { LocksService } from './locks.service.ts';

export const lockRoutes = (locks: LocksService): AnyRoute[] => [
  route({
    method: 'GET',
    path: '/api/v1/locks',
    permission: 'tasks.read',
    tag: 'tasks',
    summary: 'Named locks that executions hold or wait for now, and who holds them',
    responses: { 200: lockList },
    handler: async () => ({ status: 200, body: await locks.list() }),
  }),
];
