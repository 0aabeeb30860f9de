import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { systemClock } from '../../agent/clock.ts';
import { createExecutor } from '../../agent/execution/executor.ts';
import type { Executor, Job, JobEnd, JobSink, ProcessMark, RunningJob } from '../../agent/execution/job.ts';
import type { Cgroups } from '../../agent/limits/cgroups.ts';
import { selfCommand } from '../../agent/self-command.ts';
import { defaultManifest, runtimeOfFile } from '../../shared/plugin-manifest.ts';

/** A real executor with real processes, and plugins written for one test. */
export type JobBench = {
  readonly executor: Executor;
  readonly folder: string;
  /** A bundle of these files; the first is the entry. */
  plugin(
    files: Readonly<Record<string, string>>,
    manifest?: Partial<Job['manifest']>,
  ): Pick<Job, 'bundleDir' | 'manifest' | 'sha256'>;
  /** The bundle in a folder, with this manifest. */
  installed(bundleDir: string, manifest: Job['manifest']): Pick<Job, 'bundleDir' | 'manifest' | 'sha256'>;
  start(plugin: Pick<Job, 'bundleDir' | 'manifest' | 'sha256'>, job?: Partial<Job>, sink?: Partial<JobSink>): StartedJob;
  run(plugin: Pick<Job, 'bundleDir' | 'manifest' | 'sha256'>, job?: Partial<Job>): Promise<FinishedJob>;
  close(): Promise<void>;
};

export type StartedJob = RunningJob & { readonly job: Job; readonly heard: Heard; readonly finished: Promise<FinishedJob> };
export type FinishedJob = JobEnd & Heard & { readonly job: Job };
/** What the sink was told so far. */
export type Heard = {
  readonly out: string;
  readonly err: string;
  readonly log: string;
  /** all streams as they came */
  readonly all: string;
  readonly progress: readonly { readonly fraction: number; readonly text: string }[];
  readonly process: ProcessMark | undefined;
};

export function createJobBench(options: { readonly maxWarm?: number; readonly cgroups?: () => Cgroups } = {}): JobBench {
  const folder = mkdtempSync(join(tmpdir(), 'muster-jobs-'));
  const executor = createExecutor({
    log: pino({ level: 'silent' }),
    clock: systemClock,
    startedBy: folder,
    maxWarm: options.maxWarm ?? 4,
    selfCommand,
    ...(options.cgroups === undefined ? {} : { cgroups: options.cgroups }),
  });
  let count = 0;

  function start(
    plugin: Pick<Job, 'bundleDir' | 'manifest' | 'sha256'>,
    changes: Partial<Job> = {},
    sink: Partial<JobSink> = {},
  ): StartedJob {
    count += 1;
    const job: Job = {
      ...plugin,
      execution: `exe_${process.pid}_${count}`,
      attempt: 1,
      agentName: 'bench',
      action: 'main',
      args: [],
      env: {},
      workspace: join(folder, 'workspaces', String(count)),
      artifacts: join(folder, 'artifacts', String(count)),
      timeoutSeconds: 60,
      onTimeout: 'kill',
      graceSeconds: 5,
      secrets: {},
      limits: {},
      ...changes,
    };
    const heard = {
      out: '',
      err: '',
      log: '',
      all: '',
      progress: [] as Heard['progress'][number][],
      process: undefined as ProcessMark | undefined,
    };
    const running = executor.start(job, {
      output(stream, text) {
        heard[stream] += text;
        heard.all += text;
      },
      progress: (fraction, text) => void heard.progress.push({ fraction, text }),
      spawned(process) {
        heard.process = process;
      },
      isFull: () => false,
      onDrain: (callback) => callback(),
      ...sink,
    });
    return { ...running, job, heard, finished: running.done.then((end) => ({ ...end, ...heard, job })) };
  }

  return {
    executor,
    folder,
    plugin(files, changes = {}) {
      count += 1;
      const bundleDir = join(folder, 'bundles', String(count));
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(bundleDir, path)), { recursive: true });
        writeFileSync(join(bundleDir, path), text, { mode: 0o755 });
      }
      const entry = Object.keys(files)[0] ?? '';
      const manifest = { ...defaultManifest(`plugin${count}`, entry, runtimeOfFile(entry) ?? 'exec', []), ...changes };
      return { bundleDir, manifest, sha256: String(count).padStart(64, '0') };
    },
    installed(bundleDir, manifest) {
      count += 1;
      return { bundleDir, manifest, sha256: String(count).padStart(64, '0') };
    },
    start,
    run: (plugin, changes) => start(plugin, changes).finished,
    async close() {
      await executor.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
