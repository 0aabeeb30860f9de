import type { Logger } from 'pino';
import type { TimeoutAction } from '../../shared/api/tasks.ts';
import type { Json } from '../../shared/json.ts';
import type { PluginManifest } from '../../shared/plugin-manifest.ts';
import type { ReasonCode } from '../../shared/reasons.ts';
import type { ResourceLimits } from '../../shared/resource-limits.ts';
import type { SecretValues } from '../../shared/secret-references.ts';
import type { AttemptOutcome } from '../../shared/states.ts';
import type { Clock } from '../clock.ts';
import type { Cgroups } from '../limits/cgroups.ts';

/**
 * The contract between the session, which owns journal, log and delivery, and the executor, which owns processes.
 *
 * `start` is called once per attempt, after the journal holds it on disk. The executor calls `spawned` as soon as there is a process,
 * `output` and `progress` as the program speaks, and settles `done` when the whole process tree has ended and all of its output went
 * to the sink. `done` never rejects.
 */
export type Job = {
  readonly execution: string;
  readonly attempt: number;
  readonly agentName: string;
  /** the unpacked bundle, verified, read only */
  readonly bundleDir: string;
  readonly manifest: PluginManifest;
  readonly sha256: string;
  readonly action: string;
  readonly args: Json;
  readonly env: Readonly<Record<string, string>>;
  /** by name, those that the task names; they stand in `args` and `env` already. In memory only */
  readonly secrets: SecretValues;
  /** of plugin, action and task together */
  readonly limits: ResourceLimits;
  /**
   * The path of the fresh folder of this attempt. It does not exist yet (a no-op should not pay for a folder): the executor makes it,
   * mode 0700 with its parents, when the program may need it, and removes it before `done` settles. What a crash left is cleared by
   * the agent at its next start.
   */
  readonly workspace: string;
  /** The folder of what it wants kept; as with the workspace, it is made when the program may need it. It outlives the job. */
  readonly artifacts: string;
  readonly timeoutSeconds: number;
  /** `snapshot`: past its time limit it has succeeded, with the output until then */
  readonly onTimeout: TimeoutAction;
  readonly graceSeconds: number;
};

export type JobSink = {
  /** sanitised text that never splits a code point */
  output(stream: 'out' | 'err' | 'log', text: string): void;
  /** @param fraction 0 to 1 */
  progress(fraction: number, text: string): void;
  /**
   * The root of its process tree exists now; journalled so that an orphan can be found after a crash.
   * `startMark` is the platform's mark of the time at which the process started, so that a reused pid is not taken for it.
   */
  spawned(process: ProcessMark): void;
  /** backpressure: while true the runner stops reading the program's pipes */
  readonly isFull: () => boolean;
  /** Calls back once, when `isFull` turns false (at once if it is false). */
  onDrain(callback: () => void): void;
};

export type ProcessMark = { readonly pid: number; readonly startMark: string };

/** An attempt that was started and whose end nobody saw. */
export type Orphan = {
  readonly execution: string;
  readonly attempt: number;
  /** the root of its tree; undefined if the agent died before it could note it */
  readonly process: ProcessMark | undefined;
};

/** Processes as `name (pid)`: those that were still there, and those of them that could not be ended. */
export type OrphanEnd = { readonly found: readonly string[]; readonly left: readonly string[] };

export type JobEnd = {
  readonly outcome: AttemptOutcome;
  readonly reason: ReasonCode;
  /** a sentence for a person */
  readonly message: string;
  readonly exitCode: number | null;
  readonly data: Json;
  readonly durationMs: number;
};

export type RunningJob = {
  readonly done: Promise<JobEnd>;
  /** Politely, then by force after `graceSeconds`; may be called twice. */
  stop(why: 'cancel' | 'given_up' | 'shutdown', graceSeconds: number): void;
};

export type Executor = {
  /** undefined when it can run here, else why not */
  refusal(manifest: PluginManifest, action: string): { readonly reason: ReasonCode; readonly message: string } | undefined;
  start(job: Job, sink: JobSink): RunningJob;
  /** interpreters on this host and their versions */
  runtimes(): Promise<Record<string, string>>;
  /** Ends what an agent before this one left running of an attempt: politely, then by force. */
  endOrphan(orphan: Orphan): Promise<OrphanEnd>;
  /** Ends what else agents before this one left: warm runners, and processes of attempts that nobody asked for by name. */
  endStrays(): Promise<OrphanEnd>;
  close(): Promise<void>;
};

export type CreateExecutor = (resources: {
  readonly log: Logger;
  readonly clock: Clock;
  /** tells this agent, in this folder, from every other one on the host: all processes that it starts carry it in their environment */
  readonly startedBy: string;
  /** warm runner processes kept for `node` plugins */
  readonly maxWarm: number;
  /** the command line that starts this program again with one of its internal subcommands */
  readonly selfCommand: (subcommand: string) => { file: string; args: string[] };
  /** default: those of the agent, if it has any */
  readonly cgroups?: () => Cgroups;
}) => Executor;
