import type { Page } from '../../../shared/api/listing.ts';
import type { Folded, RetryInput, Run, RunGrid } from '../../../shared/api/runs.ts';
import { MusterError } from '../../../shared/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { cursorOf, readPage } from '../../platform/db/keyset.ts';
import type { EventBus } from '../../platform/events/bus.ts';
import type { Waiters } from '../../platform/events/waiters.ts';
import type { Actor } from '../../platform/http/actor.ts';
import type { Database, Writer } from '../../schema/schema.ts';
import type { Canceller } from './cancel.service.ts';
import { openCounts, openCountsOfRuns, type StateCount } from './counts.store.ts';
import { openOfRun } from './executions.store.ts';
import type { Firer } from './fire.service.ts';
import { type FoldResources, foldRun } from './fold.service.ts';
import { createFoldCache } from './fold-cache.ts';
import { type FoldSize, pageFold, shownFold, wholeFold } from './fold-shown.ts';
import { gridOf } from './grid.service.ts';
import type { Ledger } from './ledger.ts';
import { runOf } from './presenters.ts';
import { createRetry } from './retry.service.ts';
import type { RunRow } from './rows.ts';
import { countActiveRuns, failedSince, findRun, listRuns, type RunFilter } from './runs.store.ts';

export type RunsService = {
  list(query: RunFilter & { after?: string | undefined; limit: number }): Promise<Page<Run>>;
  get(id: string): Promise<Run>;
  /** Outputs that are equal, grouped, with host ranges. */
  folded(id: string): Promise<Folded>;
  /** The same with as much output as a page can show. */
  foldedOnPage(id: string): Promise<Folded>;
  /** Every host and its state. */
  grid(id: string): Promise<RunGrid>;
  cancel(id: string, actor: Actor): Promise<Run>;
  /** Runs the task of this run again, as it is defined now, on all that it reaches or on some hosts of this run. */
  retry(id: string, choice: RetryInput, actor: Actor): Promise<Run>;
  /** The run when it is final, or as it is after `seconds`. */
  waitFinal(id: string, seconds: number, signal: AbortSignal): Promise<Run>;
  overview(): Promise<{ runsActive: number; executionsOpen: Record<string, number>; failedLastDay: Run[]; recentRuns: Run[] }>;
};

export type RunsResources = {
  readonly db: Database;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly firer: Firer;
  readonly canceller: Canceller;
  /** woken when a run ends */
  readonly waiters: Waiters;
  readonly audit: {
    recordIn(
      writer: Writer,
      entry: { actor: string; action: string; subject: string; detail?: Record<string, unknown> },
    ): Promise<void>;
  };
  readonly events: EventBus;
  readonly targetable: (agentId: string) => readonly unknown[];
  readonly outputOf: FoldResources['outputOf'];
};

const dayMs = 86_400_000;

export function createRuns(resources: RunsResources): RunsService {
  const { db, clock, canceller, waiters, audit } = resources;
  const retry = createRetry(resources);
  const whole = createFoldCache<Folded>(resources);
  const onPage = createFoldCache<Folded>(resources);

  async function existing(id: string): Promise<RunRow> {
    const row = await findRun(db.read, id);
    if (row === undefined) throw new MusterError('not_found', `There is no run ${id}.`, { field: 'id' });
    return row;
  }
  async function presentAll(rows: readonly RunRow[]): Promise<Run[]> {
    const open = rows.filter((row) => row.open > 0).map((row) => row.id);
    const counts = Map.groupBy(await openCountsOfRuns(db.read, open), ({ run_id }) => run_id);
    return rows.map((row) => runOf(row, countsOf(counts.get(row.id) ?? [])));
  }
  async function fold({ id, state, total }: RunRow, size: FoldSize): Promise<Folded> {
    return { runId: id, state, total, ...(await shownFold(await foldRun(id, resources), size, resources)) };
  }
  const present = async (row: RunRow): Promise<Run> => (await presentAll([row]))[0] as Run;

  return {
    async list({ after, limit, ...filter }) {
      const { rows, next } = await readPage(
        (position, most) => listRuns(db.read, filter, position, most),
        { after: cursorOf(after, 'run'), limit },
        ({ args }) => args.length,
      );
      return { items: await presentAll(rows), next };
    },
    get: async (id) => present(await existing(id)),

    async folded(id) {
      const run = await existing(id);
      return whole.get(run, () => fold(run, wholeFold));
    },
    async foldedOnPage(id) {
      const run = await existing(id);
      return onPage.get(run, () => fold(run, pageFold));
    },
    async grid(id) {
      const { state, total, open } = await existing(id);
      return { runId: id, state, total, open, ...(await gridOf(id, db)) };
    },

    async cancel(id, actor) {
      const run = await existing(id);
      if (run.open === 0)
        throw new MusterError('state_conflict', `The run is final already (${run.state}); there is nothing to cancel.`);
      await canceller.cancelAll(
        (unit) => openOfRun(unit.writer, id),
        actor.name,
        (unit) => audit.recordIn(unit.writer, { actor: actor.name, action: 'run.cancelled', subject: id }),
      );
      return present(await existing(id));
    },

    async retry(id, choice, actor) {
      const fired = await retry(await existing(id), choice, actor);
      return runOf(fired, fired.open > 0 ? { queued: fired.open } : {});
    },

    async waitFinal(id, seconds, signal) {
      if (seconds === 0) return present(await existing(id));
      const looked = new AbortController();
      // wait first, then look: an end in between is not missed
      const ended = waiters.wait(id, seconds, AbortSignal.any([signal, looked.signal]));
      try {
        const run = await existing(id);
        if (run.open === 0) return await present(run);
        await ended;
        return await present(await existing(id));
      } finally {
        // a reason of its own: without one an exception with its stack is made, for every request
        looked.abort('looked');
      }
    },

    async overview() {
      const [runsActive, open, failed, recent] = await Promise.all([
        countActiveRuns(db.read),
        openCounts(db.read),
        failedSince(db.read, clock.now() - dayMs, 10),
        listRuns(db.read, {}, undefined, 10),
      ]);
      return {
        runsActive,
        executionsOpen: countsOf(open),
        failedLastDay: await presentAll(failed),
        recentRuns: await presentAll(recent),
      };
    },
  };
}

const countsOf = (rows: readonly StateCount[]): Record<string, number> =>
  Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]));
