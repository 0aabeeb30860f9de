import { z } from 'zod';
import { metricQuery, metricSeries } from '../../../shared/api/metrics.ts';
import { type AnyRoute, route } from '../../platform/http/route.ts';
import type { MetricsService } from './metrics.service.ts';

export const createMetricsRoutes = (metrics: Pick<MetricsService, 'series'>): AnyRoute[] => [
  route({
    method: 'GET',
    path: '/api/v1/agents/:id/metrics',
    permission: 'agents.read',
    summary: 'How a host was over time: processor, memory, disk, load and network',
    tag: 'agents',
    params: z.strictObject({ id: z.string().max(64) }),
    query: metricQuery,
    responses: { 200: metricSeries },
    handler: async ({ params, query }) => ({ status: 200, body: await metrics.series(params.id, query.range) }),
  }),
];
