import type { Logger } from 'pino';
import type { ArtifactsService } from './features/artifacts/artifacts.service.ts';
import type { AuditService } from './features/audit/audit.service.ts';
import type { LogsService } from './features/logs/logs.service.ts';
import { createRetention, type RetentionLimits } from './features/tasks/retention.service.ts';
import type { Clock } from './platform/clock.ts';
import type { FileDatabase } from './platform/db/open.ts';
import type { Idempotency } from './platform/http/idempotency.ts';
import { createLoop } from './platform/loops/loop.ts';
import { createRetentionPass } from './retention-pass.ts';
import type { Database } from './schema/schema.ts';

export type HousekeepingResources = {
  readonly db: Database;
  readonly port: Pick<FileDatabase<unknown>, 'giveBack'>;
  readonly clock: Clock;
  readonly settings: RetentionLimits & { readonly keepAuditDays: number };
  readonly audit: AuditService;
  readonly logs: Pick<LogsService, 'removeIn'>;
  readonly artifacts: Pick<ArtifactsService, 'prune'>;
  readonly idempotency: Idempotency;
  /** between two units of work */
  readonly pause: () => Promise<void>;
  readonly log: Logger;
};

const everyMs = 3_600_000;
/** The first look for what is old comes when the rush of a start is over. */
const firstMs = 60_000;

/** Removes, again and again, what does not have to be kept any more: of the ledger, the audit, answers to repeated requests, artifacts. */
export function startHousekeeping(resources: HousekeepingResources): { stop(): Promise<void> } {
  const { db, port, clock, settings, audit, logs, artifacts, idempotency, pause, log } = resources;
  const retentionPass = createRetentionPass({
    db: port,
    ledger: createRetention({ db, clock, limits: settings, removeLogIn: logs.removeIn, pause }),
    audit,
    idempotency,
    keepAuditDays: settings.keepAuditDays,
    pause,
    log,
  });
  const loop = createLoop({
    name: 'housekeeping',
    clock,
    everyMs,
    async run(signal) {
      await retentionPass(signal);
      await artifacts.prune(signal);
    },
    log,
  });
  const cancelFirst = clock.after(firstMs, loop.wake);
  return {
    stop() {
      cancelFirst();
      return loop.stop();
    },
  };
}
