import type { JournalEntry, Verdict } from '../../../shared/protocol.ts';
import { reasonCodes } from '../../../shared/reasons.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Writer } from '../../schema/schema.ts';
import type { AgentBooks } from './agent-books.ts';
import { endAttempt, endForGood, fallSilent, releaseUnstarted, requeue, runningDeadline, unanswered } from './attempts.ts';
import { type StopOrder, stopOf } from './cancel.service.ts';
import { heldByAgent, heldPastDeadline, offeredRows, openOfAgent } from './executions.store.ts';
import { awaitsLateResult } from './late-results.ts';
import type { Ledger, LedgerUnit } from './ledger.ts';
import { type Late, reconcile } from './reconcile.ts';
import type { ExecutionRow } from './rows.ts';
import type { RunSpecs } from './run-specs.ts';

/**
 * What the coming and going of agents means for the work that they hold.
 *
 *   gone ── at once ──> offered rows go back to the queue: an offer dies with its connection, and an agent starts nothing unconfirmed
 *        ── a lease later ──> running rows are `unknown`
 *   back ──> reconciled with its journal before anything else is heard of it; once it is connected, it hears of cancels again
 *   removed ──> what it held is `lost`, what waited for it is cancelled
 */
export type PresenceService = {
  /** At start of the server: the offers of the process before it died with its connections. */
  begin(): Promise<void>;
  /** Without `continues` it is not the journal that held the agent's work, as its lives tell. */
  returned(agentId: string, journal: readonly JournalEntry[], continues?: boolean): Promise<Returned>;
  /** Its connection is open, and the welcome is on its way. May be called at any time. */
  connected(agentId: string): void;
  /**
   * Keeps a stop that could not be sent, if the agent is just coming in: it was told to keep what was cancelled a moment later.
   * @returns whether it is
   */
  owe(agentId: string, stop: StopOrder['stop']): boolean;
  gone(agentId: string): Promise<void>;
  removed(agentId: string): Promise<void>;
  /**
   * Moves to `unknown` what agents hold that have been away for longer than a lease; called by the sweep. Being away is counted from the
   * first sweep that sees it, so that a restart of the server gives everybody a whole lease to return.
   */
  declareSilent(): Promise<void>;
  /** The server stood still: who is away has its whole time to return once more. */
  listenAnew(): void;
  /** Connected, or just reconciled and about to be. */
  isHere(agentId: string): boolean;
};

export type Returned = {
  /** one for each entry of the journal */
  readonly verdicts: Verdict[];
  /** whether it is the journal that held the agent's work, as far as its lives and its entries tell */
  readonly continues: boolean;
};

export type PresenceResources = {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly books: AgentBooks;
  readonly specs: RunSpecs;
  readonly sendStop: (agentId: string, stop: StopOrder['stop']) => boolean;
  readonly isConnected: (agentId: string) => boolean;
  readonly logSizeIn: (writer: Writer, executionId: string) => Promise<number>;
  readonly leaseSeconds: number;
  /** after this long, what is `unknown` is `lost` */
  readonly lostAfterSeconds: number;
};

/**
 * Deadlines that passed while no server was there passed unseen, and the agents may have the answers: they get this long to come back
 * before anything is concluded without them. Well over the longest pause between two of their tries.
 */
export const returnGraceMs = 120_000;
/** Between the answer to a hello and the open connection there is no more than this. */
const arrivalMs = 60_000;
const batchSize = 500;

export function createPresence(resources: PresenceResources): PresenceService {
  const { ledger, clock, random, books, specs, sendStop, isConnected, logSizeIn, leaseSeconds, lostAfterSeconds } = resources;
  /** agents that are away and hold something; `told` once their rows say so */
  const away = new Map<string, { readonly since: number; readonly told: boolean }>();
  /** reconciled, but the connection is not open yet: since when, and the stops for attempts that the agent brought back */
  const arriving = new Map<string, { readonly since: number; readonly stops: StopOrder['stop'][] }>();

  const isHere = (agentId: string): boolean => isConnected(agentId) || arriving.has(agentId);

  return {
    async begin() {
      await ledger.write(async (unit) => {
        for (const row of await offeredRows(unit.writer)) await requeue(unit, row, 'lease_ended');
      });
      while (await postpone());
    },

    async returned(agentId, journal, continues = true) {
      try {
        return await reconciled(agentId, journal, continues);
      } catch (error) {
        // its unit was not committed, so it is not about to be here
        arriving.delete(agentId);
        throw error;
      }
    },

    connected(agentId) {
      if (!isConnected(agentId)) return;
      for (const stop of arriving.get(agentId)?.stops ?? []) sendStop(agentId, stop);
      arriving.delete(agentId);
    },

    owe(agentId, stop) {
      arriving.get(agentId)?.stops.push(stop);
      return arriving.has(agentId);
    },

    async gone(agentId) {
      arriving.delete(agentId);
      away.set(agentId, { since: clock.monotonic(), told: false });
      await ledger.write(async (unit) => {
        for (const row of await heldByAgent(unit.writer, agentId))
          if (row.state === 'offered') await requeue(unit, row, 'lease_ended');
      });
    },

    async removed(agentId) {
      arriving.delete(agentId);
      away.delete(agentId);
      await ledger.write(async (unit) => {
        for (const row of await openOfAgent(unit.writer, agentId)) await releaseRemoved(unit, row);
      });
    },

    async declareSilent() {
      const now = clock.monotonic();
      for (const [agentId, { since }] of arriving) if (since <= now - arrivalMs) arriving.delete(agentId);
      for (const agentId of books.holders())
        if (!isHere(agentId) && !away.has(agentId)) away.set(agentId, { since: now, told: false });
      const silent: string[] = [];
      for (const [agentId, { since, told }] of away) {
        // it may have come back, or have nothing left, without a word to here
        if (isHere(agentId) || books.heldBy(agentId) === 0) away.delete(agentId);
        else if (!told && since <= now - leaseSeconds * 1000) silent.push(agentId);
      }
      await Promise.all(silent.map(declare));
    },

    listenAnew() {
      const now = clock.monotonic();
      for (const [agentId, { told }] of away) if (!told) away.set(agentId, { since: now, told });
    },

    isHere,
  };

  function reconciled(agentId: string, journal: readonly JournalEntry[], continues: boolean): Promise<Returned> {
    return ledger.write(async (unit) => {
      const rows = await heldByAgent(unit.writer, agentId);
      const late = await lateOnes(unit, agentId, rows, journal);
      const spoken = await heardOf(unit, rows);
      const found = reconcile(rows, journal, continues, (entry) => late.get(keyOf(entry)), spoken);
      for (const row of found.neverStarted)
        await releaseUnstarted(unit, row, row.state === 'offered' ? 'lease_ended' : 'never_started');
      for (const row of found.inDoubt) {
        if (row.state === 'running') await fallSilent(unit, row, lostAfterSeconds, 'journal_foreign');
        // its deadline stays; the reason is what keeps the doubt when this journal comes back
        else if (row.state === 'unknown') await unit.touch(row, { reason: 'journal_foreign' });
      }
      for (const row of found.resume) if (row.state === 'unknown') await resume(unit, row);
      const sizes = new Map(journal.map((entry) => [keyOf(entry), entry.logSize]));
      const answers: Verdict[] = [];
      for (const verdict of found.verdicts) {
        const goesOn = verdict.verdict === 'keep' || verdict.verdict === 'deliver';
        // output of a former attempt has no place in the log any more: its agent need not send it
        const former = late.get(keyOf(verdict))?.which === 'former';
        const held = former ? sizes.get(keyOf(verdict)) : await logSizeIn(unit.writer, verdict.execution);
        answers.push({ ...verdict, logFrom: goesOn ? (held ?? 0) : 0 });
      }
      // here, in the order of the units: one that would declare it silent comes before, or finds it back
      away.delete(agentId);
      arriving.set(agentId, {
        since: clock.monotonic(),
        stops: [...(await stopsOf(found.stillToStop)), ...(await lateStopsOf(found.lateToStop))],
      });
      return { verdicts: answers, continues: found.continues };
    });
  }

  async function declare(agentId: string): Promise<void> {
    const before = away.get(agentId);
    await ledger.write(async (unit) => {
      // it returned, or went once more, between the look and this unit
      if (before === undefined || away.get(agentId) !== before || isHere(agentId)) return;
      for (const row of await heldByAgent(unit.writer, agentId))
        if (row.state === 'running') await fallSilent(unit, row, lostAfterSeconds);
    });
    if (before !== undefined && away.get(agentId) === before) away.set(agentId, { ...before, told: true });
  }

  async function resume(unit: LedgerUnit, row: ExecutionRow): Promise<void> {
    const { policy } = await specs.of(row.run_id);
    await unit.move(row, 'running', { reason: null, deadline_at: runningDeadline(policy, unit.now) });
  }

  async function stopsOf(rows: readonly ExecutionRow[]): Promise<StopOrder['stop'][]> {
    const orders = rows.map(async (row) => stopOf(row, (await specs.of(row.run_id)).policy.graceSeconds, 'cancel'));
    return (await Promise.all(orders)).flatMap((order) => (order === undefined ? [] : [order.stop]));
  }

  async function lateStopsOf(late: readonly Late[]): Promise<StopOrder['stop'][]> {
    const stop = { type: 'stop', reason: 'given_up' } as const;
    return Promise.all(
      late.map(async ({ row, attempt }) => {
        const { graceSeconds } = (await specs.of(row.run_id)).policy;
        return { ...stop, execution: row.id, attempt, graceSeconds };
      }),
    );
  }

  /** Those of which the present attempt has sent output, which it can only do once it is in the journal. */
  async function heardOf(unit: LedgerUnit, rows: readonly ExecutionRow[]): Promise<ReadonlySet<string>> {
    const heard = new Set<string>();
    for (const row of rows)
      if (row.state !== 'offered' && (await logSizeIn(unit.writer, row.id)) > row.log_from) heard.add(row.id);
    return heard;
  }

  /** Entries of the journal that no row waits for, but that the ledger gave up without knowing how they ended. */
  async function lateOnes(
    unit: LedgerUnit,
    agentId: string,
    rows: readonly ExecutionRow[],
    journal: readonly JournalEntry[],
  ): Promise<ReadonlyMap<string, Late>> {
    const waitedFor = new Set(rows.map((row) => keyOf({ execution: row.id, attempt: row.attempt })));
    const late = new Map<string, Late>();
    for (const entry of journal) {
      if (waitedFor.has(keyOf(entry))) continue;
      const found = await awaitsLateResult(unit.writer, agentId, entry);
      if (found !== undefined) late.set(keyOf(entry), { ...found, attempt: entry.attempt });
    }
    return late;
  }

  /** @returns whether there may be more */
  function postpone(): Promise<boolean> {
    return ledger.write(async (unit) => {
      const until = unit.now + returnGraceMs;
      const due = await heldPastDeadline(unit.writer, until - 1, batchSize);
      for (const row of due) await unit.touch(row, { deadline_at: until });
      return due.length === batchSize;
    });
  }

  async function releaseRemoved(unit: LedgerUnit, row: ExecutionRow): Promise<void> {
    const message = reasonCodes.agent_removed;
    const anyone = row.target === 'anyone';
    if (row.state === 'queued') await unit.move(row, 'cancelled', { reason: 'agent_removed', message });
    else if (row.state === 'offered') {
      if (anyone) await requeue(unit, row, 'lease_ended');
      else await unit.move(row, 'cancelled', { reason: 'agent_removed', message });
    } else {
      const end = unanswered('lost', 'agent_removed', row, await logSizeIn(unit.writer, row.id));
      // another host may do it again, if that was allowed; this one is no more
      if (anyone) await endAttempt(unit, row, end, (await specs.of(row.run_id)).policy, random);
      else await endForGood(unit, row, end);
    }
  }
}

const keyOf = ({ execution, attempt }: { readonly execution: string; readonly attempt: number }): string =>
  `${execution}/${attempt}`;
