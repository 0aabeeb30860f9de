import type { Clock } from '../../../agent/clock.ts';
import type { Executor, Job, JobEnd, JobSink, RunningJob } from '../../../agent/execution/job.ts';
import { textAt } from './generated-text.ts';
import { type Work, workOf } from './work.ts';

/** Stands for the processes of a host. The work takes its time, prints, waits when nobody reads, and ends: without a process. */
export function createSimulatedExecutor({ clock, random }: { readonly clock: Clock; readonly random: () => number }): Executor {
  return {
    refusal: () => undefined,
    start(job, sink) {
      const work = workOf(job.args);
      const end = endOf(work, random);
      return work.runMs === 0 && work.logBytes === 0 ? { done: Promise.resolve(end), stop: () => {} } : run(job, work, end, sink);
    },
    runtimes: async () => ({}),
    endOrphan: async () => nothingLeft,
    endStrays: async () => nothingLeft,
    close: async () => {},
  };

  function run(job: Job, work: Work, end: JobEnd, sink: JobSink): RunningJob {
    const done = Promise.withResolvers<JobEnd>();
    const startedAt = clock.monotonic();
    let printed = 0;
    let isOver = false;
    let cancel = (): void => {};

    function finish(how: JobEnd): void {
      if (isOver) return;
      isOver = true;
      cancel();
      done.resolve({ ...how, durationMs: clock.monotonic() - startedAt });
    }

    /** How much it would have printed by now, if somebody reads all the time. */
    function due(): number {
      if (work.logBytesPerSecond === 0) return work.logBytes;
      return Math.min(work.logBytes, Math.floor(((clock.monotonic() - startedAt) / 1000) * work.logBytesPerSecond));
    }

    function goOn(): void {
      if (isOver) return;
      while (printed < due() && !sink.isFull()) {
        const text = textAt(printed, Math.min(pieceBytes, due() - printed));
        sink.output('out', text);
        printed += text.length;
      }
      if (printed < due()) {
        sink.onDrain(goOn);
        return;
      }
      const left = work.runMs - (clock.monotonic() - startedAt);
      if (printed < work.logBytes) cancel = clock.after(printEveryMs, goOn);
      else if (left > 0) cancel = clock.after(left, () => finish(end));
      else finish(end);
    }

    goOn();
    return {
      done: done.promise,
      stop: (why) => finish(stoppedEnd(why, job)),
    };
  }
}

const printEveryMs = 50;
const pieceBytes = 64 * 1024;
const nothingLeft = { found: [], left: [] } as const;

const succeeded: JobEnd = {
  outcome: 'succeeded',
  reason: 'finished',
  message: '',
  exitCode: 0,
  data: null,
  durationMs: 0,
};
const failed: JobEnd = {
  ...succeeded,
  outcome: 'failed',
  reason: 'exit_code',
  message: 'The program ended with exit code 1.',
  exitCode: 1,
};

function endOf({ failureShare, resultBytes }: Work, random: () => number): JobEnd {
  const end = failureShare > 0 && random() < failureShare ? failed : succeeded;
  return resultBytes === 0 ? end : { ...end, data: dataOf(resultBytes) };
}

const datas = new Map<number, string>();

function dataOf(bytes: number): string {
  const data = datas.get(bytes) ?? textAt(0, bytes).padEnd(bytes, '.');
  datas.set(bytes, data);
  return data;
}

const stoppedEnd = (why: 'cancel' | 'given_up' | 'shutdown', { agentName }: Job): JobEnd =>
  why === 'shutdown'
    ? { ...failed, reason: 'agent_restarted', message: `The agent ${agentName} was stopped.`, exitCode: null }
    : { ...failed, outcome: 'cancelled', reason: 'cancel_requested', message: 'It was stopped on request.', exitCode: null };
