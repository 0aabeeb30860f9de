import type { Logger } from 'pino';
import type { AuditService } from './features/audit/audit.service.ts';
import { systemActor } from './features/audit/audit.ts';
import type { Retention } from './features/tasks/retention.service.ts';
import type { FileDatabase } from './platform/db/open.ts';
import type { Idempotency } from './platform/http/idempotency.ts';

export type RetentionPassResources = {
  readonly db: Pick<FileDatabase<unknown>, 'giveBack'>;
  readonly ledger: Retention;
  readonly audit: Pick<AuditService, 'record' | 'removeOld'>;
  readonly idempotency: Pick<Idempotency, 'prune'>;
  readonly keepAuditDays: number;
  /** between two units of work */
  readonly pause: () => Promise<void>;
  readonly log: Pick<Logger, 'info'>;
};

/** Pages that one unit gives back to the file system: about as long as any other unit. */
const pagesPerUnit = 64;

/** One round through all that is kept for a time only. What was removed is told once: to the log, and in the audit. */
export function createRetentionPass(resources: RetentionPassResources): (signal: AbortSignal) => Promise<void> {
  const { db, ledger, audit, idempotency, keepAuditDays, pause, log } = resources;
  return async (signal) => {
    await idempotency.prune(pause);
    const auditEntries = keepAuditDays === 0 ? 0 : await audit.removeOld(keepAuditDays, pause, signal);
    const removed = { ...(await ledger.pass(signal)), auditEntries };
    while (!signal.aborted && (await db.giveBack(pagesPerUnit))) await pause();
    if (Object.values(removed).every((count) => count === 0)) return;
    log.info(removed, 'removed what was old enough');
    await audit.record({ actor: systemActor, action: 'retention.removed', subject: 'ledger', detail: removed });
  };
}
