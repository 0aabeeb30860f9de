import { type Params, prepare } from '../../platform/db/prepare.ts';
import type { Reader, Writer } from '../../schema/schema.ts';
import type { AuditTable } from '../../schema/tables/access.tables.ts';
import { entriesLookedAt } from './audit.ts';

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

export type AuditRange = {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly subject?: string | undefined;
  /** ids from this one on */
  readonly from?: string | undefined;
  /** ids before this one */
  readonly before?: string | undefined;
};

/** Each with an index of its own, by the name `audit_by_…`; of several given ones the first is looked up, and its entries are looked through. */
const lookedUp = ['subject', 'actor', 'action'] as const;

/** Newest first. Indexes: audit_by_subject, audit_by_actor, audit_by_action, or the primary key; with several of the three, a bounded look. */
export function listAudit(db: Reader, range: AuditRange, limit: number): Promise<AuditTable[]> {
  const [first, ...others] = lookedUp.filter((column) => range[column] !== undefined);
  if (others.length === 0) return lookUp(db, range, first).selectAll().limit(limit).execute();
  let query = db.selectFrom(lookUp(db, range, first).selectAll().limit(entriesLookedAt).as('looked')).selectAll();
  for (const column of others) query = query.where(column, '=', range[column] as string);
  return query.orderBy('id', 'desc').limit(limit).execute();
}

/** The last entry of such a look, if it ended at its bound. */
export async function endOfAuditLook(db: Reader, range: AuditRange): Promise<string | undefined> {
  const [first, ...others] = lookedUp.filter((column) => range[column] !== undefined);
  if (others.length === 0) return undefined;
  const last = lookUp(db, range, first)
    .select('id')
    .limit(1)
    .offset(entriesLookedAt - 1);
  return (await last.executeTakeFirst())?.id;
}

function lookUp(db: Reader, range: AuditRange, column: (typeof lookedUp)[number] | undefined) {
  let query = db.selectFrom('audit');
  if (column !== undefined) query = query.where(column, '=', range[column] as string);
  if (range.from !== undefined) query = query.where('id', '>=', range.from);
  if (range.before !== undefined) query = query.where('id', '<', range.before);
  return query.orderBy('id', 'desc');
}

/** The first action after this one by the alphabet: there are few of them, and the index holds each at its beginning. Index: audit_by_action. */
export async function nextAuditAction(db: Reader, after: string): Promise<string | undefined> {
  const found = db.selectFrom('audit').select('action').where('action', '>', after).orderBy('action').limit(1);
  return (await found.executeTakeFirst())?.action;
}
