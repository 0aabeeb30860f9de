import { z } from 'zod';
import { type AuditEntry, auditFilter, type auditQuery } from '../../../shared/api/access.ts';
import type { Page as ListPage } from '../../../shared/api/listing.ts';
import { type Permission, allows as roleAllows } from '../../../shared/permissions.ts';
import { signedIn, viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, page } from '../../platform/web/page.ts';
import { pagerOf, pagingQuery, urlOf } from '../../platform/web/paging.ts';
import { mostExported } from './audit.service.ts';
import { entriesLookedAt } from './audit.ts';
import { detailWords, subjectPath } from './audit-words.ts';

export type AuditPagesResources = {
  readonly list: (query: z.infer<typeof auditQuery>) => Promise<ListPage<AuditEntry>>;
  readonly actions: () => Promise<readonly string[]>;
  /** What an id names, if it is still there and the reader may see it. */
  readonly find: (id: string, limit: number, may: (permission: Permission) => boolean) => Promise<readonly Named[]>;
};
type Named = { readonly kind: string; readonly id: string; readonly name: string };

const view = viewsOf(import.meta.url);
const path = '/audit';
const shown = 50;
const typed = z.string().max(40);
const idOfThing = /^(tsk|run|exe|agt)_[0-9a-z]{26}$/;
const spans = { '1h': 'the last hour', '24h': 'the last day', '7d': 'the last week', '30d': 'the last month' };

export function createAuditPages({ list, actions, find }: AuditPagesResources): AnyPage[] {
  async function namesOf(entries: readonly AuditEntry[], may: (permission: Permission) => boolean): Promise<Map<string, Named>> {
    const ids = [...new Set(entries.map(({ subject }) => subject).filter((subject) => idOfThing.test(subject)))];
    const found = await Promise.all(ids.map((id) => find(id, 1, may)));
    return new Map(found.flat().map((named) => [named.id, named]));
  }

  return [
    page({
      method: 'GET',
      path,
      permission: 'audit.read',
      // a time that is none comes back with the form
      query: z.object({ ...pagingQuery, ...auditFilter.shape, since: typed.optional(), until: typed.optional() }),
      async handler(request) {
        const { query } = request;
        const { after: _, ...filter } = query;
        const fault = auditFilter.safeParse(filter).error?.issues[0]?.message ?? null;
        const [entries, known] = await Promise.all([
          fault === null ? list({ ...query, limit: shown }) : { items: [], next: null },
          actions(),
        ]);
        const { role } = signedIn(request);
        const named = await namesOf(entries.items, (permission) => roleAllows(role, permission));
        return {
          kind: 'view',
          view: view('audit'),
          title: 'Audit',
          section: 'audit',
          data: {
            rows: entries.items.map((entry) => rowOf(entry, named.get(entry.subject))),
            query,
            fault,
            isFiltered: Object.keys(filter).length > 0,
            actions: known,
            spans,
            pager: pagerOf(path, query, entries.next),
            isCutShort: entries.next !== null && entries.items.length < shown,
            entriesLookedAt,
            mostExported,
            exports: { csv: exportUrl(filter, 'csv'), jsonl: exportUrl(filter, 'jsonl') },
            narrowed: (key: string, value: string) => urlOf(path, { ...filter, [key]: value }),
          },
          ...(fault === null ? {} : { status: 422 }),
        };
      },
    }),
  ];
}

const exportUrl = (filter: object, format: string): string => urlOf('/api/v1/audit/export', { ...filter, format });

const rowOf = (entry: AuditEntry, named: Named | undefined) => ({
  ...entry,
  // the name stands beside it already
  words: detailWords(named?.name === entry.detail.name ? { ...entry.detail, name: null } : entry.detail),
  json: Object.keys(entry.detail).length === 0 ? null : entry.detail,
  subjectName: named?.name ?? null,
  subjectUrl: named === undefined ? subjectPath(entry) : `/${named.kind}s/${named.id}`,
});
