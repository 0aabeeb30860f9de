import type { RunState } from './run-states.ts';
import type { ExecutionState } from './states.ts';

/**
 * What happened, told after its commit. Events are hints for other features and for live pages: the row is the truth, and a listener
 * that missed one finds the same by reading.
 */
export type Events = {
  'task.changed': { readonly taskId: string };
  'run.created': { readonly runId: string; readonly taskId: string };
  'run.changed': { readonly runId: string; readonly taskId: string; readonly state: RunState };
  'execution.changed': {
    readonly executionId: string;
    readonly runId: string;
    readonly taskId: string;
    readonly agentId: string | null;
    readonly state: ExecutionState;
    readonly attempt: number;
  };
  'execution.progress': {
    readonly executionId: string;
    readonly runId: string;
    readonly fraction: number;
    readonly text: string;
  };
  /** `size` is the number of log bytes that the ledger holds now */
  'log.appended': { readonly executionId: string; readonly size: number };
  'agent.changed': { readonly agentId: string };
  'agent.metrics': { readonly agentId: string };
  'plugin.changed': { readonly name: string };
  'update.changed': { readonly updateId: string };
};

export type EventName = keyof Events;
export const eventNames = [
  'task.changed', 'run.created', 'run.changed', 'execution.changed', 'execution.progress', 'log.appended',
  'agent.changed', 'agent.metrics', 'plugin.changed', 'update.changed',
] as const satisfies EventName[]; // biome-ignore format: a table of names
