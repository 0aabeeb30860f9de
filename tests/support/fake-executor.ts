import type { CreateExecutor, Executor, Job, JobEnd, JobSink, Orphan, OrphanEnd } from '../../agent/execution/job.ts';
import { waitingQueue } from './waiting-queue.ts';

/** An executor without processes: a test plays the programs. */
export type FakeExecutor = {
  readonly create: CreateExecutor;
  /** every job that was ever started, by any agent that uses this executor */
  readonly jobs: readonly FakeJob[];
  nextJob(): Promise<FakeJob>;
  /** Ends every job; those that are started while this is set end at once. */
  endAll(): void;
  endsAtOnce: boolean;
  readonly orphans: readonly Orphan[];
  /** what `endOrphan` answers */
  orphanEnd: OrphanEnd;
  /** what `refusal` answers */
  refusal: ReturnType<Executor['refusal']>;
};

export type FakeJob = Job & {
  readonly sink: JobSink;
  readonly stops: readonly { readonly why: string; readonly graceSeconds: number }[];
  /** Resolves at the first stop. */
  readonly stopped: Promise<void>;
  end(end?: Partial<JobEnd>): void;
};

export function createFakeExecutor(): FakeExecutor {
  const jobs: FakeJob[] = [];
  const started = waitingQueue<FakeJob>();
  const orphans: Orphan[] = [];

  const create: CreateExecutor = () => ({
    refusal: () => fake.refusal,
    start(job, sink) {
      const done = Promise.withResolvers<JobEnd>();
      const stopped = Promise.withResolvers<void>();
      const stops: { why: string; graceSeconds: number }[] = [];
      const fakeJob: FakeJob = {
        ...job,
        sink,
        stops,
        stopped: stopped.promise,
        end: (end) =>
          done.resolve({
            outcome: 'succeeded',
            reason: 'finished',
            message: 'The work finished.',
            exitCode: 0,
            data: null,
            durationMs: 1,
            ...end,
          }),
      };
      jobs.push(fakeJob);
      started.push(fakeJob);
      if (fake.endsAtOnce) fakeJob.end();
      return {
        done: done.promise,
        stop(why, graceSeconds) {
          stops.push({ why, graceSeconds });
          stopped.resolve();
        },
      };
    },
    runtimes: async () => ({ node: '24.0.0' }),
    async endOrphan(orphan) {
      orphans.push(orphan);
      return fake.orphanEnd;
    },
    endStrays: async () => ({ found: [], left: [] }),
    close: async () => {},
  });

  function endAll(): void {
    fake.endsAtOnce = true;
    for (const job of jobs) job.end();
  }

  const fake: FakeExecutor = {
    create,
    jobs,
    nextJob: started.next,
    endAll,
    endsAtOnce: false,
    orphans,
    orphanEnd: { found: [], left: [] },
    refusal: undefined,
  };
  return fake;
}
