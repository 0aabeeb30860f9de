import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Work } from '../runtimes/runtime.ts';
import type { Job, JobEnd, JobSink, RunningJob } from './job.ts';
import { endOfError, endOfStopped, type StopReason, type WorkEnd } from './job-end.ts';
import { countOf, listOf } from './process-names.ts';
import type { ProcessTree } from './process-tree.ts';
import { removeWorkspace } from './workspace.ts';

/** What work leaves behind when it ends by itself has this long between being asked to end and being killed. */
const leftoverGraceMs = 1000;
/** A timer that is later than this tells that the agent stood still. */
const lateMs = 250;
/** A timer of Node's cannot be longer. */
const maxTimerMs = 2 ** 31 - 1;

/**
 * One attempt from its start to its end:
 *
 *     beginning ──> working ──> sweeping ──> finishing ──> done
 *                    │    ^
 *                    └ stop: asked, then killed once `force` is aborted
 *
 * working: the program runs, or the plugin's function has not returned. sweeping: the work itself has ended, what it left behind is
 * ended. finishing: the rest of its output is read and the workspace removed. A stop (a cancel, the time limit) decides the outcome only
 * while the work is not over; afterwards it merely cuts the sweeping short.
 *
 * The time limit counts the running time of the host: setting the clock does not change it, a suspended host does not use it up, and it
 * goes on while only the agent is stopped.
 */
export function runJob(
  job: Job,
  sink: JobSink,
  begin: () => Promise<Work | WorkEnd>,
  { tree, clock, log }: { readonly tree: ProcessTree; readonly clock: Clock; readonly log: Logger },
): RunningJob {
  const force = new AbortController();
  const forced = new Promise<'forced'>((resolve) => {
    force.signal.addEventListener('abort', () => resolve('forced'));
  });
  let work: Work | undefined;
  let isOver = false;
  let stopped: StopReason | undefined;
  let forceAt = Number.POSITIVE_INFINITY;
  let cancelForce = (): void => {};

  function stop(why: StopReason, graceSeconds: number): void {
    const at = clock.monotonic() + graceSeconds * 1000;
    if (at < forceAt) {
      forceAt = at;
      cancelForce();
      if (graceSeconds <= 0) force.abort();
      else cancelForce = clock.after(Math.min(graceSeconds * 1000, maxTimerMs), () => force.abort());
    }
    if (isOver || stopped !== undefined) return;
    stopped = why;
    work?.ask();
  }

  /** @returns what cancels it */
  function atTimeLimit(callback: () => void): () => void {
    const limitMs = Math.min(job.timeoutSeconds * 1000, maxTimerMs);
    const limitAt = clock.monotonic() + limitMs;
    let cancel = clock.after(limitMs, () => {
      // The agent itself was stopped while the work went on: its end may wait to be read, and must not be overtaken by this timer.
      if (clock.monotonic() - limitAt > lateMs) cancel = clock.after(lateMs, callback);
      else callback();
    });
    return () => cancel();
  }

  async function endWork(current: Work): Promise<'asked' | 'killed'> {
    if (stopped !== undefined) current.ask();
    const cancelLimit = atTimeLimit(() => stop('time_limit', job.graceSeconds));
    const how = await Promise.race([current.ended, forced]);
    cancelLimit();
    if (how !== 'forced') return 'asked';
    const { left } = await tree.end({ mark: current.mark, root: 'include' }, force.signal);
    if (left.length === 0) await current.ended;
    return 'killed';
  }

  /** Ends what the work left running, and says so in its log. */
  async function sweep(current: Work): Promise<void> {
    const leftovers = current.tree();
    if (leftovers === undefined) return;
    const cancel = stopped === undefined ? clock.after(leftoverGraceMs, () => force.abort()) : (): void => {};
    const { found, left } = await tree.end(leftovers, force.signal);
    cancel();
    if (found.length > 0 && stopped === undefined) {
      sink.output('log', `[muster] Ended ${countOf(found)} left behind in the background: ${listOf(found)}.\n`);
    }
    if (left.length > 0) {
      sink.output('log', `[muster] Could not end ${countOf(left)}: ${listOf(left)}.\n`);
      log.warn({ execution: job.execution, attempt: job.attempt, left }, 'processes_not_ended');
    }
  }

  async function run(): Promise<WorkEnd> {
    const begun = await begin();
    if ('outcome' in begun) return begun;
    work = begun;
    sink.spawned(begun.mark);
    const how = await endWork(begun);
    isOver = true;
    await sweep(begun);
    const end = await begun.finish();
    return stopped === undefined ? end : endOfStopped(end, stopped, how, job);
  }

  async function toTheEnd(): Promise<JobEnd> {
    const startedAt = clock.monotonic();
    const end = await run().catch((error: unknown) => {
      log.error({ execution: job.execution, attempt: job.attempt, err: error }, 'job_broken');
      return endOfError(`The agent could not run it: ${error instanceof Error ? error.message : String(error)}`);
    });
    isOver = true;
    cancelForce();
    if (work?.mayHaveWorkspace() !== false) await clearUp();
    return { ...end, durationMs: Math.round(clock.monotonic() - startedAt) };
  }

  async function clearUp(): Promise<void> {
    try {
      await removeWorkspace(job.workspace);
    } catch (error) {
      log.warn({ execution: job.execution, attempt: job.attempt, err: error }, 'workspace_not_removed');
    }
  }

  return { done: toTheEnd(), stop };
}
