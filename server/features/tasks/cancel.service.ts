import type { ServerMessageOf } from '../../../shared/protocol.ts';
import { reasonCodes } from '../../../shared/reasons.ts';
import type { Ledger, LedgerUnit } from './ledger.ts';
import type { ExecutionRow } from './rows.ts';
import type { RunSpecs } from './run-specs.ts';

/**
 * A cancel always ends: what no agent has started is cancelled at once; what runs is asked to end (politely, then by force on its process
 * tree, which the agent does); and when no answer comes in time, the sweep ends it on the ledger alone.
 */
export type Canceller = {
  /** Within a unit of work; `stops` are sent after the commit. */
  cancelIn(unit: LedgerUnit, row: ExecutionRow, by: string): Promise<StopOrder | undefined>;
  /** Cancels all of these open rows, told by reading them inside the unit. */
  cancelAll(
    read: (unit: LedgerUnit) => Promise<ExecutionRow[]>,
    by: string,
    alongside: (unit: LedgerUnit) => Promise<void>,
  ): Promise<number>;
  send(orders: readonly StopOrder[]): void;
};

export type StopOrder = { readonly agentId: string; readonly stop: ServerMessageOf<'stop'> };

/** Beyond the grace that the process tree has, so long may the agent take to answer. */
export const answerMarginMs = 30_000;

export type CancelResources = {
  readonly ledger: Ledger;
  readonly specs: RunSpecs;
  readonly sendTo: (agentId: string, message: ServerMessageOf<'stop'>) => boolean;
};

export function createCanceller({ ledger, specs, sendTo }: CancelResources): Canceller {
  const canceller: Canceller = {
    async cancelIn(unit, row, by) {
      const why = {
        reason: 'cancel_requested',
        reason_text: `Cancelled by ${by}.`,
        message: reasonCodes.cancel_requested,
      } as const;
      if (row.state === 'queued') {
        await unit.move(row, 'cancelled', why);
        return undefined;
      }
      if (row.state === 'offered') {
        await unit.move(row, 'cancelled', why);
        return stopOf(row, 0, 'given_up');
      }
      if (row.state !== 'running' && row.state !== 'unknown') return undefined;
      const { policy } = await specs.of(row.run_id);
      await unit.move(row, 'cancelling', {
        ...why,
        message: null,
        deadline_at: unit.now + policy.graceSeconds * 1000 + answerMarginMs,
      });
      return stopOf(row, policy.graceSeconds, 'cancel');
    },

    async cancelAll(read, by, alongside) {
      const orders = await ledger.write(async (unit) => {
        const all: (StopOrder | undefined)[] = [];
        const rows = await read(unit);
        for (const row of rows) all.push(await canceller.cancelIn(unit, row, by));
        await alongside(unit);
        return { rows: rows.length, stops: all.filter((order) => order !== undefined) };
      });
      canceller.send(orders.stops);
      return orders.rows;
    },

    send(orders) {
      for (const { agentId, stop } of orders) sendTo(agentId, stop);
    },
  };
  return canceller;
}

export function stopOf(row: ExecutionRow, graceSeconds: number, reason: 'cancel' | 'given_up'): StopOrder | undefined {
  if (row.agent_id === null) return undefined;
  return { agentId: row.agent_id, stop: { type: 'stop', execution: row.id, attempt: row.attempt, reason, graceSeconds } };
}
