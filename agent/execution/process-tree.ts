import type { Clock } from '../clock.ts';
import type { ProcessMark } from './job.ts';

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
  /** Kills the tree that an agent before this one left. */
  endOrphan(mark: ProcessMark): Promise<'gone' | 'ended'>;
};

export type Tree = {
  readonly mark: ProcessMark;
  /** `spare`: a runner that will serve again; only what it started is meant */
  readonly root: 'include' | 'spare';
};

/** Processes as `name (pid)`: what was found, and what could not be ended. */
export type TreeEnd = { readonly found: readonly string[]; readonly left: readonly string[] };

export type CreateProcessTree = (resources: { readonly clock: Clock }) => ProcessTree;
