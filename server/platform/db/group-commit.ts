import { MusterError } from '../../../shared/errors.ts';
import type { WriteEngine } from './write-engine.ts';

/**
 * Many units of work, one transaction, one fsync.
 *
 *   write() ──> waiting ──(next turn of the event loop)──> group: BEGIN, unit*, COMMIT ──> promises settle, in order
 *                  ^                                         │
 *                  └── asked for during a group: the next ───┘
 *
 *   unit: SAVEPOINT, work, RELEASE      or, if the work throws: ROLLBACK TO; the others are not touched
 *
 * Nobody hears of a unit before its group is durable, not even of its failure: that may rest on what an earlier unit wrote. A COMMIT
 * that fails rejects every unit of its group. If the database itself ends the transaction during a unit, this unit and those before it
 * are rejected, and those after it go on in a new group.
 */
export type GroupCommit<Transaction> = {
  write<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Takes no further units; resolves when those under way have settled. May be called twice. */
  drain(): Promise<void>;
};

export type GroupLimits = {
  /** A group holds up the event loop, and each of its units waits for all of them: it must stay short. */
  readonly maxUnitsPerGroup: number;
  /** Turns of the event loop that a group is gathered for, if each brings further units. */
  readonly maxTurnsToGather: number;
  /** After so much time no further unit joins the group: some units are a hundred times as large as others. */
  readonly maxMsPerGroup?: { readonly ms: number; readonly monotonic: () => number };
  /** With this many units waiting, further ones are refused with `queue_full`. */
  readonly maxWaiting: number;
};

type Unit<Transaction> = {
  readonly work: (transaction: Transaction) => Promise<unknown>;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
};

type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

export function createGroupCommit<Transaction>(engine: WriteEngine<Transaction>, limits: GroupLimits): GroupCommit<Transaction> {
  const waiting: Unit<Transaction>[] = [];
  let running: Promise<void> | undefined;
  let stopping = false;

  async function runGroups(): Promise<void> {
    while (waiting.length > 0) {
      await gather();
      const group = waiting.splice(0, limits.maxUnitsPerGroup);
      waiting.unshift(...(await runGroup(engine, group, limits)));
    }
    running = undefined;
  }

  /** While a turn brings further units, more are on their way: what arrives together shares a commit, and who comes alone waits for nobody. */
  async function gather(): Promise<void> {
    for (let turn = 0; turn < limits.maxTurnsToGather; turn += 1) {
      const before = waiting.length;
      await nextTurn();
      if (waiting.length === before || waiting.length >= limits.maxUnitsPerGroup) return;
    }
  }

  return {
    write(work) {
      if (stopping) return refuse('server_stopping', 'The database is closing. Send it again after the restart.');
      if (waiting.length >= limits.maxWaiting)
        return refuse('queue_full', 'Too many writes wait for the disk. Try again in a moment.');
      return new Promise((resolve, reject) => {
        waiting.push({ work, resolve, reject });
        running ??= runGroups();
      });
    },
    async drain() {
      stopping = true;
      await running;
    },
  };
}

/** @returns the units that had no turn because the transaction ended before, or the time was up */
async function runGroup<Transaction>(
  engine: WriteEngine<Transaction>,
  group: readonly Unit<Transaction>[],
  { maxMsPerGroup: time }: GroupLimits,
): Promise<readonly Unit<Transaction>[]> {
  const outcomes: Outcome[] = [];
  const end = time === undefined ? Number.POSITIVE_INFINITY : time.monotonic() + time.ms;
  const watch = engine.settlesWithinTurn ? watchTurns() : undefined;
  try {
    await engine.begin();
    for (const unit of group) {
      const outcome = await runUnit(engine, unit, watch);
      outcomes.push(outcome);
      // instant: group-commit-half
      if (!engine.inTransaction()) {
        const lost = outcome.ok ? new MusterError('internal', 'The database rolled the transaction back.') : outcome.error;
        const ran = outcomes.length;
        for (const unit of group.slice(0, ran)) unit.reject(lost);
        return group.slice(ran);
      }
      if (time !== undefined && time.monotonic() >= end) break;
    }
    // instant: before-commit
    await engine.commit();
    // instant: after-commit
  } catch (error) {
    await rollBack(engine);
    const ran = outcomes.length === 0 ? group.length : outcomes.length;
    for (const unit of group.slice(0, ran)) unit.reject(engine.explain(error));
    return group.slice(ran);
  } finally {
    watch?.stop();
  }
  outcomes.forEach((outcome, index) => {
    if (outcome.ok) group[index]?.resolve(outcome.value as never);
    else group[index]?.reject(outcome.error);
  });
  return group.slice(outcomes.length);
}

async function runUnit<Transaction>(
  engine: WriteEngine<Transaction>,
  unit: Unit<Transaction>,
  watch: Watch | undefined,
): Promise<Outcome> {
  await engine.savepoint();
  const handle = engine.openUnit();
  try {
    const value = await (watch === undefined ? unit.work(handle.transaction) : watch.orTurn(unit.work(handle.transaction)));
    handle.end();
    await engine.releaseSavepoint();
    return { ok: true, value };
  } catch (error) {
    handle.end();
    if (engine.inTransaction()) await engine.rollbackToSavepoint();
    return { ok: false, error: engine.explain(error) };
  }
}

async function rollBack<Transaction>(engine: WriteEngine<Transaction>): Promise<void> {
  try {
    if (engine.inTransaction()) await engine.rollback();
  } catch {
    // the error that led here is the one to tell; `begin` of the next group rolls back once more
  }
}

type Watch = {
  /** Settles as `work` does, or rejects if the event loop turns before. */
  orTurn<T>(work: Promise<T>): Promise<T>;
  stop(): void;
};

/** One check per turn for all units of a group: between two units the loop does not turn, so that the check costs them nothing. */
function watchTurns(): Watch {
  let reject: ((error: unknown) => void) | undefined;
  const check = (): void => {
    reject?.(
      new MusterError(
        'internal',
        'A unit of work awaited something other than its own queries: a timer, a socket, a file or another write.',
      ),
    );
    immediate = setImmediate(check);
  };
  let immediate = setImmediate(check);
  return {
    orTurn: (work) =>
      new Promise((resolve, rejectThis) => {
        reject = rejectThis;
        work.then(resolve, rejectThis);
      }),
    stop: () => clearImmediate(immediate),
  };
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const refuse = (code: 'server_stopping' | 'queue_full', message: string): Promise<never> =>
  Promise.reject(new MusterError(code, message, { retryAfterSeconds: 1 }));
