import { type Params, prepare } from '../../platform/db/prepare.ts';
import type { Reader, Writer } from '../../schema/schema.ts';
import type { AuditTable } from '../../schema/tables/access.tables.ts';

/** Rows of `audit`. There is no update; an entry goes when it is older than entries are kept. */

export const insertAudit: (writer: Writer, row: AuditTable) => Promise<number> = prepare((db: Reader, p: Params<AuditTable>) =>
  db.insertInto('audit').values(p.each('id', 'at', 'actor', 'action', 'subject', 'detail', 'address')),
);

/** The oldest entries before `id`, at most `limit`. Index: the primary key. @returns how many there were */
export async function deleteAuditBefore(writer: Writer, id: string, limit: number): Promise<number> {
  const { numDeletedRows } = await writer
    .deleteFrom('audit')
    .where('id', 'in', (eb) => eb.selectFrom('audit').select('id').where('id', '<', id).orderBy('id').limit(limit))
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

export type AuditFilter = {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly subject?: string | undefined;
};

/** Newest first, by keyset on the id. Indexes: audit_by_actor, audit_by_action, audit_by_subject, or the primary key. */
export function listAudit(db: Reader, filter: AuditFilter, after: string | undefined, limit: number): Promise<AuditTable[]> {
  let query = db.selectFrom('audit').selectAll();
  if (filter.actor !== undefined) query = query.where('actor', '=', filter.actor);
  if (filter.action !== undefined) query = query.where('action', '=', filter.action);
  if (filter.subject !== undefined) query = query.where('subject', '=', filter.subject);
  if (after !== undefined) query = query.where('id', '<', after);
  return query.orderBy('id', 'desc').limit(limit).execute();
}
