import type { Executor, Job, JobEnd, JobSink } from '../../../agent/execution/job.ts';
import type { ReasonCode } from '../../../shared/reasons.ts';
import type { AttemptOutcome } from '../../../shared/states.ts';
import type { FakeClock } from '../clock.ts';

/** A process of the world. It may outlive the agent that started it. */
export type Work = {
  readonly host: string;
  readonly execution: string;
  readonly attempt: number;
  readonly pid: number;
  /** what it printed while somebody could hear it */
  printed: Buffer;
  isLive: boolean;
  mustStop: boolean;
  /** how it ended by itself, or by order of the agent that started it */
  outcome: AttemptOutcome | undefined;
  print(text: string): void;
  end(outcome: AttemptOutcome): void;
};

export type WorkResources = {
  readonly host: string;
  /** false once the agent process is dead: it starts nothing any more, and hears nothing */
  readonly isAlive: () => boolean;
  readonly clock: Pick<FakeClock, 'after'>;
  /** all work of the world */
  readonly all: Work[];
  readonly onStart: (work: Work) => void;
  readonly obeys: () => boolean;
  readonly refuses: () => boolean;
};

const reasons: Readonly<Record<AttemptOutcome, ReasonCode>> = {
  succeeded: 'finished',
  failed: 'exit_code',
  timed_out: 'time_limit',
  cancelled: 'cancel_requested',
  rejected: 'runtime_missing',
  lost: 'agent_restarted',
};

/** An executor of one life of an agent, whose programs the test plays. Time limits and force are as the real one's. */
export function createScriptedExecutor({ host, isAlive, clock, all, onStart, obeys, refuses }: WorkResources): Executor {
  function start(job: Job, sink: JobSink) {
    const done = Promise.withResolvers<JobEnd>();
    const work: Work = {
      host,
      execution: job.execution,
      attempt: job.attempt,
      pid: all.length + 1,
      printed: Buffer.alloc(0),
      isLive: true,
      mustStop: false,
      outcome: undefined,
      print(text) {
        if (!work.isLive || !isAlive()) return;
        work.printed = Buffer.concat([work.printed, Buffer.from(text)]);
        sink.output('out', text);
      },
      end(outcome) {
        if (!work.isLive) return;
        work.isLive = false;
        if (!isAlive()) return;
        work.outcome = outcome;
        done.resolve({ outcome, reason: reasons[outcome], message: outcome, exitCode: null, data: null, durationMs: 0 });
      },
    };
    all.push(work);
    onStart(work);
    clock.after(job.timeoutSeconds * 1000, () => work.end('timed_out'));
    sink.spawned({ pid: work.pid, startMark: `${work.pid}` });
    return {
      done: done.promise,
      stop(_why: string, graceSeconds: number) {
        work.mustStop = true;
        if (obeys()) work.end('cancelled');
        else clock.after(graceSeconds * 1000, () => work.end('cancelled'));
      },
    };
  }
  const endIf = (which: (work: Work) => boolean): { found: string[]; left: string[] } => {
    const found = all.filter((work) => work.host === host && work.isLive && which(work));
    for (const work of found) work.isLive = false;
    return { found: found.map(({ pid }) => `work (${pid})`), left: [] };
  };
  return {
    refusal: () => (refuses() ? { reason: 'runtime_missing', message: 'it is not installed' } : undefined),
    start(job, sink) {
      if (!isAlive()) return { done: new Promise<JobEnd>(() => {}), stop() {} };
      return start(job, sink);
    },
    runtimes: async () => ({}),
    endOrphan: async ({ execution, attempt }) => endIf((work) => work.execution === execution && work.attempt === attempt),
    endStrays: async () => endIf(() => true),
    close: async () => {},
  };
}
