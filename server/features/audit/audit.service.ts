import type { z } from 'zod';
import type { AuditEntry, auditQuery } from '../../../shared/api/access.ts';
import type { Page } from '../../../shared/api/listing.ts';
import type { IdGenerator } from '../../../shared/ids.ts';
import type { Clock } from '../../platform/clock.ts';
import { cursorOf, pageOfRows } from '../../platform/db/keyset.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import { insertAudit, listAudit } from './audit.store.ts';
import { auditEntryOf, detailText, type NewAuditEntry } from './audit.ts';

export type AuditService = {
  /** For what changes no row of its own, such as a failed sign-in. */
  record(entry: NewAuditEntry): Promise<void>;
  /** For a change: in the same unit of work, so that there is neither a change without its entry nor an entry without its change. */
  recordIn(writer: Writer, entry: NewAuditEntry): Promise<void>;
  list(query: z.infer<typeof auditQuery>): Promise<Page<AuditEntry>>;
};

export type AuditResources = { readonly db: Database; readonly clock: Clock; readonly newId: IdGenerator };

export function createAudit({ db, clock, newId }: AuditResources): AuditService {
  const recordIn: AuditService['recordIn'] = async (writer, { actor, action, subject, detail = {}, address = null }) => {
    await insertAudit(writer, {
      id: newId('audit'),
      at: clock.now(),
      actor,
      action,
      subject,
      detail: detailText(detail),
      address,
    });
  };
  return {
    recordIn,
    record: (entry) => db.write((writer) => recordIn(writer, entry)),
    async list({ limit, after, ...filter }) {
      return pageOfRows(await listAudit(db.read, filter, cursorOf(after, 'audit'), limit + 1), limit, auditEntryOf);
    },
  };
}
