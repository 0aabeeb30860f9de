import { z } from 'zod';
import type { AuditEntry, auditQuery } from '../../../shared/api/access.ts';
import type { Page as ListPage } from '../../../shared/api/listing.ts';
import { viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, page } from '../../platform/web/page.ts';
import { pagerOf, pagingQuery } from '../../platform/web/paging.ts';

export type AuditPagesResources = { readonly list: (query: z.infer<typeof auditQuery>) => Promise<ListPage<AuditEntry>> };

const view = viewsOf(import.meta.url);
const word = z.string().max(120).optional();

export function createAuditPages(resources: AuditPagesResources): AnyPage[] {
  return [
    page({
      method: 'GET',
      path: '/audit',
      permission: 'audit.read',
      query: z.object({ ...pagingQuery, actor: word, action: word, subject: word }),
      handler: async ({ query }) => {
        const entries = await resources.list({ ...query, limit: 100 });
        return {
          kind: 'view',
          view: view('audit'),
          title: 'Audit',
          section: 'audit',
          data: { entries: entries.items, query, pager: pagerOf('/audit', query, entries.next) },
        };
      },
    }),
  ];
}
