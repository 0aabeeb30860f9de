import type { z } from 'zod';
import type { AuditEntry, AuditFilter, auditQuery } from '../../../shared/api/access.ts';
import type { Page } from '../../../shared/api/listing.ts';
import { type IdGenerator, idFloor } from '../../../shared/ids.ts';
import { parsePointInTime } from '../../../shared/points-in-time.ts';
import type { Clock } from '../../platform/clock.ts';
import { cursorOf, pageOfRows } from '../../platform/db/keyset.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import { deleteAuditBefore, endOfAuditLook, insertAudit, listAudit, nextAuditAction } from './audit.store.ts';
import { auditEntryOf, detailText, type NewAuditEntry } from './audit.ts';

export type AuditService = {
  /** For what changes no row of its own, such as a failed sign-in. */
  record(entry: NewAuditEntry): Promise<void>;
  /** For a change: in the same unit of work, so that there is neither a change without its entry nor an entry without its change. */
  recordIn(writer: Writer, entry: NewAuditEntry): Promise<void>;
  list(query: z.infer<typeof auditQuery>): Promise<Page<AuditEntry>>;
  /** Entries page by page, newest first, up to a bound; ends when the signal aborts. */
  walk(query: AuditFilter & { readonly after?: string | undefined }, signal: AbortSignal): AsyncIterable<readonly AuditEntry[]>;
  /** The actions that occur, by the alphabet. */
  actions(): Promise<readonly string[]>;
  /**
   * Removes entries that are older, in small units with a pause after each; the signal ends it between two.
   * @returns how many
   */
  removeOld(keptDays: number, pause: () => Promise<void>, signal: AbortSignal): Promise<number>;
};

const removedPerUnit = 200;
/** What one export holds at most; the next goes on after its last entry. */
export const mostExported = 100_000;
const exportedAtOnce = 500;
const mostActions = 200;
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
    list,
    async *walk(query, signal) {
      let after = query.after;
      for (let told = 0; told < mostExported && !signal.aborted; ) {
        const { items, next } = await list({ ...query, after, limit: Math.min(exportedAtOnce, mostExported - told) });
        if (items.length > 0) yield items;
        if (next === null) return;
        told += items.length;
        after = next;
      }
    },
    async actions() {
      const found: string[] = [];
      for (let last = await nextAuditAction(db.read, ''); last !== undefined && found.length < mostActions; ) {
        found.push(last);
        last = await nextAuditAction(db.read, last);
      }
      return found;
    },
  };

  async function list({ limit, after, since, until, ...words }: z.infer<typeof auditQuery>): Promise<Page<AuditEntry>> {
    const now = clock.now();
    const floorOf = (time: string | undefined): string | undefined => {
      const ms = time === undefined ? undefined : parsePointInTime(time, now);
      // ids know no time before 1970
      return ms === undefined ? undefined : idFloor('audit', Math.max(0, ms));
    };
    const before = [cursorOf(after, 'audit'), floorOf(until)].filter((id) => id !== undefined).sort()[0];
    const range = { ...words, from: floorOf(since), before };
    const page = pageOfRows(await listAudit(db.read, range, limit + 1), limit, auditEntryOf);
    return page.next === null ? { ...page, next: (await endOfAuditLook(db.read, range)) ?? null } : page;
  }
}
