import type { Clock } from '../clock.ts';
import type { Orphan, OrphanEnd, ProcessMark } from './job.ts';

/**
 * The processes that one attempt started, found and ended as a whole. On Linux nothing gets away by leaving the process group or the
 * session (`setsid`, a double fork), because every process also carries the execution in its environment.
 */
export type ProcessTree = {
  /** what `spawn` needs so that its child is the root of a tree */
  readonly spawnOptions: { readonly detached: boolean; readonly windowsHide: boolean };
  /** Names the tree of a process that was just started; read it before the process can have been waited for. */
  markOf(pid: number, attempt: { readonly execution: string; readonly attempt: number }): ProcessMark;
  /** Asks every process of the tree to end (SIGTERM). */
  ask(tree: Tree): Promise<void>;
  /** Asks what is left to end, kills it once `force` is aborted, and answers when nothing is left (or when that cannot be reached). */
  end(tree: Tree, force: AbortSignal): Promise<TreeEnd>;
  /** Ends what an agent before this one left of an attempt: asks, then kills. */
  endOrphan(orphan: Orphan): Promise<OrphanEnd>;
  /** Ends every other process that an agent before this one left. Only to be called while this one has started none. */
  endStrays(): Promise<OrphanEnd>;
};

export type Tree = {
  readonly mark: ProcessMark;
  /** `spare`: a runner that will serve again; only what it started is meant */
  readonly root: 'include' | 'spare';
};

/** Processes as `name (pid)`: what was found, and what could not be ended. */
export type TreeEnd = { readonly found: readonly string[]; readonly left: readonly string[] };

/** The variable of the environment that names the agent which started a process, so that its next life recognises what it left. */
export const startedByVariable = 'MUSTER_STARTED_BY';

/** @param startedBy the value of that variable */
export type CreateProcessTree = (resources: { readonly clock: Clock; readonly startedBy: string }) => ProcessTree;
