import type { z } from 'zod';
import type { AuditEntry, auditQuery } from '../../../shared/api/access.ts';
import type { Page } from '../../../shared/api/listing.ts';
import { type IdGenerator, idFloor } from '../../../shared/ids.ts';
import type { Clock } from '../../platform/clock.ts';
import { cursorOf, pageOfRows } from '../../platform/db/keyset.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import { deleteAuditBefore, insertAudit, listAudit } from './audit.store.ts';
import { auditEntryOf, detailText, type NewAuditEntry } from './audit.ts';

export type AuditService = {
  /** For what changes no row of its own, such as a failed sign-in. */
  record(entry: NewAuditEntry): Promise<void>;
  /** For a change: in the same unit of work, so that there is neither a change without its entry nor an entry without its change. */
  recordIn(writer: Writer, entry: NewAuditEntry): Promise<void>;
  list(query: z.infer<typeof auditQuery>): Promise<Page<AuditEntry>>;
  /**
   * Removes entries that are older, in small units with a pause after each; the signal ends it between two.
   * @returns how many
   */
  removeOld(keptDays: number, pause: () => Promise<void>, signal: AbortSignal): Promise<number>;
};

const removedPerUnit = 200;
const dayMs = 86_400_000;

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
    async removeOld(keptDays, pause, signal) {
      const before = idFloor('audit', clock.now() - keptDays * dayMs);
      let removed = 0;
      for (let last = removedPerUnit; last === removedPerUnit && !signal.aborted; removed += last) {
        last = await db.write((writer) => deleteAuditBefore(writer, before, removedPerUnit));
        await pause();
      }
      return removed;
    },
    async list({ limit, after, ...filter }) {
      return pageOfRows(await listAudit(db.read, filter, cursorOf(after, 'audit'), limit + 1), limit, auditEntryOf);
    },
  };
}
