import { auditEntry, auditQuery } from '../../../shared/api/access.ts';
import { pageOf } from '../../../shared/api/listing.ts';
import { type AnyRoute, route } from '../../platform/http/route.ts';
import type { AuditService } from './audit.service.ts';

export const createAuditRoutes = (audit: AuditService): AnyRoute[] => [
  route({
    method: 'GET',
    path: '/api/v1/audit',
    permission: 'audit.read',
    summary: 'Who did what, newest first',
    tag: 'audit',
    query: auditQuery,
    responses: { 200: pageOf(auditEntry) },
    handler: async ({ query }) => ({ status: 200, body: await audit.list(query) }),
  }),
];
