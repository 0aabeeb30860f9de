import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Executor } from '../execution/job.ts';
import type { Journal } from '../journal/journal.ts';
import type { JournalledAttempt } from '../journal/journal-reading.ts';
import type { Spool } from '../spool/spool.ts';
import type { SpoolFolder } from '../spool/spool-folder.ts';
import type { DeliveryLoop } from './delivery.ts';
import type { HeldAttempt, HeldAttempts } from './held-attempts.ts';
import { type Ending, resultOf } from './result.ts';

export type RecoveryResources = {
  readonly held: HeldAttempts;
  readonly journal: Journal;
  readonly spools: SpoolFolder;
  readonly executor: Pick<Executor, 'endOrphan'>;
  readonly delivery: DeliveryLoop;
  readonly clock: Clock;
  readonly log: Logger;
};

/**
 * At the start of the agent: whatever the journal says was running is not, from now on. What is left of it is ended, and it gets a result
 * that says so; results that were not acknowledged wait for the server again.
 */
export async function recover(resources: RecoveryResources): Promise<void> {
  const { journal, spools } = resources;
  spools.keepOnly(journal.found.values());
  await Promise.all([...journal.found.values()].map((attempt) => recoverAttempt(resources, attempt)));
}

async function recoverAttempt(resources: RecoveryResources, found: JournalledAttempt): Promise<void> {
  const { journal, spools, clock, log } = resources;
  const { execution, attempt, started, ended } = found;
  const logFrom = started?.logFrom ?? 0;
  const limitBytes = started?.outputLimitBytes ?? Number.MAX_SAFE_INTEGER;
  const wake = (): void => resources.delivery.wake(recovered);
  const spool = spools.open({ execution, attempt }, { logFrom, limitBytes, found: { ended: ended?.output } }, wake);
  const recovered: HeldAttempt = heldAttempt(found, spool);

  if (ended === undefined) {
    const ending = await endOf(resources, found);
    const { output, ...size } = spool.finish(clock.now());
    recovered.result = resultOf(found, ending, size);
    await journal.ended({ execution, attempt, result: recovered.result, output }).catch((error: unknown) => {
      log.error({ err: error, execution, attempt }, 'result_not_journalled');
    });
    log.warn({ execution, attempt, message: ending.message }, 'attempt_lost');
  } else {
    recovered.result = ended.result;
  }
  spool.settled();
  spool.rest();
  resources.held.add(recovered);
}

const heldAttempt = ({ execution, attempt }: JournalledAttempt, spool: Spool): HeldAttempt => ({
  execution,
  attempt,
  phase: 'ended',
  spool,
  job: undefined,
  result: undefined,
  stopWish: undefined,
  isUnwanted: false,
  graceSeconds: 0,
  sha256: undefined,
  delivery: { sent: spool.logFrom, acknowledged: spool.logFrom, isResultSent: false, waitingForDrain: [] },
});

async function endOf(
  { executor, clock, log }: RecoveryResources,
  { execution, attempt, started, spawned }: JournalledAttempt,
): Promise<Ending> {
  if (started === undefined) {
    return {
      outcome: 'lost',
      reason: 'journal_damaged',
      message: 'The journal of the agent was damaged where it told of this attempt. Whether the work finished cannot be known.',
    };
  }
  const durationMs = Math.max(0, clock.now() - started.at);
  const lost = (message: string): Ending => ({ outcome: 'lost', reason: 'agent_restarted', message, durationMs });
  if (spawned === undefined)
    return lost(
      'The agent was killed just after it began the work, and no process of it is known. Whether it ran cannot be known.',
    );
  try {
    const { pid, startMark } = spawned;
    return (await executor.endOrphan({ pid, startMark })) === 'ended'
      ? lost(`The agent was killed while the work ran. Its process ${pid} was still running and was ended.`)
      : lost(
          `The agent was killed while the work ran. Its process ${pid} is gone; whether it finished its work cannot be known.`,
        );
  } catch (error) {
    log.error({ err: error, execution, attempt }, 'orphan_not_ended');
    return lost(`The agent was killed while the work ran, and its process ${spawned.pid} could not be ended: it may still run.`);
  }
}
