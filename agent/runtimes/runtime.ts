import type { PluginManifest } from '../../shared/plugin-manifest.ts';
import type { Clock } from '../clock.ts';
import type { Environment } from '../execution/environment.ts';
import type { Job, JobSink, ProcessMark } from '../execution/job.ts';
import type { WorkEnd } from '../execution/job-end.ts';
import type { ProcessTree, Tree } from '../execution/process-tree.ts';
import type { LimitKeeper } from '../limits/limit-keeper.ts';

/** How plugins of one runtime are run. One file per runtime; the executor picks by the manifest. */
export type RuntimeAdapter = {
  /** why it cannot run here: a sentence that names what to install; undefined if it can */
  missing(manifest: PluginManifest): string | undefined;
  /** of its interpreter; undefined if there is none */
  version(): Promise<string | undefined>;
  /** Starts the work, or tells why it could not be started. */
  begin(job: Job, sink: JobSink): Promise<Work | WorkEnd>;
  close(): Promise<void>;
};

export type Work = {
  /** the root of its process tree */
  readonly mark: ProcessMark;
  /** The program has exited, or the plugin's function has returned; its children and its output may not be at their end. Never rejects. */
  readonly ended: Promise<void>;
  /** Asks it to end; it need not obey. */
  ask(): void;
  /** What may still run now that it has ended; undefined: nothing can. */
  tree(): Tree | undefined;
  /** To be called once it has ended and nothing of its tree is left: reads what remains of its output and tells how it ended. */
  finish(): Promise<WorkEnd>;
  /** false once it is known that nobody made the workspace: a no-op should not pay for a look */
  mayHaveWorkspace(): boolean;
};

export type RuntimeResources = {
  readonly clock: Clock;
  readonly tree: ProcessTree;
  readonly limits: LimitKeeper;
  /** what every job inherits of the agent's environment */
  readonly env: Environment;
};
