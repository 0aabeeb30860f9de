import { z } from 'zod';
import { auditEntry, auditExportQuery, auditQuery } from '../../../shared/api/access.ts';
import { pageOf } from '../../../shared/api/listing.ts';
import { type AnyRoute, route } from '../../platform/http/route.ts';
import type { AuditService } from './audit.service.ts';
import { auditFile, auditMediaTypes } from './audit-export.ts';

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
  route({
    method: 'GET',
    path: '/api/v1/audit/export',
    permission: 'audit.read',
    summary: 'The same as a file to save, JSON lines or CSV, up to 100,000 entries; `after` goes on where the last one ended',
    tag: 'audit',
    query: auditExportQuery,
    responses: { 200: z.string() },
    produces: ['application/x-ndjson', 'text/csv'],
    async handler({ query: { format, ...filter }, actor, address, signal }) {
      // before the first entry leaves: who takes the whole audit away is in it
      const detail = { format, ...filter };
      await audit.record({ actor: actor?.name ?? '', action: 'audit.exported', subject: 'audit', detail, address });
      return {
        status: 200,
        headers: {
          'content-type': auditMediaTypes[format],
          'content-disposition': `attachment; filename="muster-audit.${format}"`,
          'cache-control': 'no-store',
        },
        body: auditFile(audit.walk(filter, signal), format),
      };
    },
  }),
];
