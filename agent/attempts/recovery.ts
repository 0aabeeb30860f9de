import type { Logger } from 'pino';
import type { ResultMessage } from '../../shared/protocol.ts';
import type { Clock } from '../clock.ts';
import type { Executor } from '../execution/job.ts';
import { countOf, listOf } from '../execution/process-names.ts';
import type { Journal } from '../journal/journal.ts';
import type { JournalledAttempt } from '../journal/journal-reading.ts';
import type { Spool } from '../spool/spool.ts';
import type { SpoolFolder } from '../spool/spool-folder.ts';
import type { DeliveryLoop } from './delivery.ts';
import type { HeldAttempt, HeldAttempts } from './held-attempts.ts';
import { type Ending, maxMessage, resultOf } from './result.ts';

export type RecoveryResources = {
  readonly held: HeldAttempts;
  readonly journal: Journal;
  readonly spools: SpoolFolder;
  readonly executor: Pick<Executor, 'endOrphan' | 'endStrays'>;
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
  await endStrays(resources);
}

/** What carries the mark of this agent and belongs to no attempt of the journal: warm runners, and what could not be ended before. */
async function endStrays({ executor, log }: RecoveryResources): Promise<void> {
  try {
    const { found, left } = await executor.endStrays();
    if (found.length > 0) log.warn({ found, left }, 'strays_ended');
  } catch (error) {
    log.error({ err: error }, 'strays_not_ended');
  }
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
    await journal.ended({ execution, attempt, result: recovered.result, output });
    log.warn({ execution, attempt, message: ending.message }, 'attempt_lost');
  } else {
    recovered.result = deliverable(ended.result, spool.end());
  }
  spool.settled();
  spool.rest();
  resources.held.add(recovered);
}

/** The server waits for output up to `logSize`; what the disk has lost since will never come. */
function deliverable(result: ResultMessage, end: number): ResultMessage {
  const missing = result.logSize - end;
  if (missing <= 0) return result;
  const note = ` (${missing} bytes of its output were lost on the disk of the host.)`;
  const message = `${result.message.slice(0, maxMessage - note.length)}${note}`.toWellFormed();
  // its digest would say that it is whole
  const { outputSha256: _, ...rest } = result;
  return { ...rest, logSize: end, cutBytes: result.cutBytes + missing, message };
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
  // across two processes only the wall clock tells; it may have been set meanwhile
  const durationMs = Math.max(0, clock.now() - started.at);
  const orphan = { execution, attempt, process: spawned && { pid: spawned.pid, startMark: spawned.startMark } };
  return { outcome: 'lost', reason: 'agent_restarted', message: await sentenceOf(), durationMs };

  async function sentenceOf(): Promise<string> {
    try {
      const { found, left } = await executor.endOrphan(orphan);
      if (left.length > 0) log.error({ execution, attempt, left }, 'orphans_not_ended');
      return lostSentence(found, left, spawned?.pid);
    } catch (error) {
      log.error({ err: error, execution, attempt }, 'orphans_not_ended');
      return `The agent was killed while the work ran, and what it left could not be looked for: it may still run.`;
    }
  }
}

function lostSentence(found: readonly string[], left: readonly string[], pid: number | undefined): string {
  if (found.length === 0) {
    return pid === undefined
      ? 'The agent was killed just after it began the work, and no process of it is left. Whether it ran cannot be known.'
      : `The agent was killed while the work ran. Its process ${pid} is gone; whether it finished its work cannot be known.`;
  }
  const sentence = `The agent was killed while the work ran. ${countOf(found)} of it still ran and ${found.length === 1 ? 'was' : 'were'} ended: ${listOf(found)}.`;
  return left.length === 0 ? sentence : `${sentence} Of these, ${countOf(left)} could not be ended: ${listOf(left)}.`;
}
