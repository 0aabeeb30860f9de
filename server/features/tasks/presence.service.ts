import type { JournalEntry, Verdict } from '../../../shared/protocol.ts';
import { type ReasonCode, reasonCodes } from '../../../shared/reasons.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Writer } from '../../schema/schema.ts';
import type { AgentBooks } from './agent-books.ts';
import { endForGood, requeue, runningDeadline, unanswered } from './attempts.ts';
import { heldByAgent, offeredRows, openOfAgent } from './executions.store.ts';
import type { Ledger, LedgerUnit } from './ledger.ts';
import { reconcile } from './reconcile.ts';
import type { ExecutionRow } from './rows.ts';
import type { RunSpecs } from './run-specs.ts';

/**
 * What the coming and going of agents means for the work that they hold.
 *
 *   gone ── at once ──> offered rows go back to the queue: an offer dies with its connection, and an agent starts nothing unconfirmed
 *        ── a lease later ──> running rows are `unknown`
 *   back ──> reconciled with its journal before anything else is heard of it
 *   removed ──> what it held is `lost`, what waited for it is cancelled
 */
export type PresenceService = {
  /** At start of the server: the offers of the process before it died with its connections. */
  begin(): Promise<void>;
  /** Answers a verdict for each entry of the journal. */
  returned(agentId: string, journal: readonly JournalEntry[]): Promise<Verdict[]>;
  gone(agentId: string): Promise<void>;
  removed(agentId: string): Promise<void>;
  /**
   * Moves to `unknown` what agents hold that have been away for longer than a lease; called by the sweep. Being away is counted from the
   * first sweep that sees it, so that a restart of the server gives everybody a whole lease to return.
   */
  declareSilent(): Promise<void>;
};

export type PresenceResources = {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly books: AgentBooks;
  readonly specs: RunSpecs;
  readonly isConnected: (agentId: string) => boolean;
  readonly logSizeIn: (writer: Writer, executionId: string) => Promise<number>;
  readonly leaseSeconds: number;
  /** after this long, what is `unknown` is `lost` */
  readonly lostAfterSeconds: number;
};

export function createPresence({
  ledger,
  clock,
  books,
  specs,
  isConnected,
  logSizeIn,
  leaseSeconds,
  lostAfterSeconds,
}: PresenceResources): PresenceService {
  const goneSince = new Map<string, number>();

  return {
    begin: () =>
      ledger.write(async (unit) => {
        for (const row of await offeredRows(unit.writer)) await requeue(unit, row, 'lease_ended');
      }),

    returned: (agentId, journal) =>
      ledger.write(async (unit) => {
        const { verdicts, resume, neverStarted } = reconcile(await heldByAgent(unit.writer, agentId), journal);
        for (const row of neverStarted)
          await releaseUnstarted(unit, row, row.state === 'offered' ? 'lease_ended' : 'never_started');
        for (const row of resume)
          if (row.state === 'unknown')
            await unit.move(row, 'running', {
              reason: null,
              deadline_at: runningDeadline((await specs.of(row.run_id)).policy, unit.now),
            });
        goneSince.delete(agentId);
        return Promise.all(
          verdicts.map(async (verdict) => ({ ...verdict, logFrom: await logSizeIn(unit.writer, verdict.execution) })),
        );
      }),

    async gone(agentId) {
      goneSince.set(agentId, clock.now());
      await ledger.write(async (unit) => {
        for (const row of await heldByAgent(unit.writer, agentId))
          if (row.state === 'offered') await requeue(unit, row, 'lease_ended');
      });
    },

    async removed(agentId) {
      goneSince.delete(agentId);
      await ledger.write(async (unit) => {
        for (const row of await openOfAgent(unit.writer, agentId)) await releaseRemoved(unit, row);
      });
    },

    async declareSilent() {
      const now = clock.now();
      for (const agentId of books.holders()) if (!isConnected(agentId) && !goneSince.has(agentId)) goneSince.set(agentId, now);
      for (const [agentId, since] of [...goneSince]) {
        if (since > now - leaseSeconds * 1000) continue;
        await ledger.write(async (unit) => {
          // it returned between the look and this unit
          if (goneSince.get(agentId) !== since) return;
          goneSince.delete(agentId);
          for (const row of await heldByAgent(unit.writer, agentId)) {
            if (row.state === 'running')
              await unit.move(row, 'unknown', { reason: 'agent_silent', deadline_at: unit.now + lostAfterSeconds * 1000 });
          }
        });
      }
    },
  };
}

/** The journal proves that it never started: a cancel that was under way has nothing to stop. */
async function releaseUnstarted(unit: LedgerUnit, row: ExecutionRow, reason: ReasonCode): Promise<void> {
  if (row.state === 'cancelling')
    await unit.move(row, 'cancelled', { reason: 'cancel_requested', message: reasonCodes.cancel_requested });
  else await requeue(unit, row, reason);
}

async function releaseRemoved(unit: LedgerUnit, row: ExecutionRow): Promise<void> {
  const message = reasonCodes.agent_removed;
  if (row.state === 'queued') await unit.move(row, 'cancelled', { reason: 'agent_removed', message });
  else if (row.state === 'offered') {
    if (row.target === 'anyone') await requeue(unit, row, 'lease_ended');
    else await unit.move(row, 'cancelled', { reason: 'agent_removed', message });
  } else await endForGood(unit, row, unanswered('lost', 'agent_removed', row));
}
