import type { Events } from '../../../shared/events.ts';
import type { LiveEvent } from './live-journal.ts';

/**
 * The states of executions of the runs that a page shows as grids (topics `grid:RUN`), the newest of each, until they are told in one event
 * of the type `states`: `{ "run_1": { "succeeded": ["exe_1", "exe_2"], "running": ["exe_3"] } }`. There are never more of them than the runs
 * have executions.
 */
export type StateChanges = {
  /** @returns whether the event is of an execution in one of the grids */
  add(event: LiveEvent): boolean;
  size(): number;
  /** The event as text, '' if there is nothing to tell; then it is forgotten. */
  take(): string;
  clear(): void;
};

type Change = Events['execution.changed'];

const mark = 'grid:';

export const isGrid = (topic: string): boolean => topic.startsWith(mark);

export function createStateChanges(topics: readonly string[]): StateChanges {
  const runs = new Set(topics.filter(isGrid).map((topic) => topic.slice(mark.length)));
  const changes = new Map<string, Change>();
  return {
    add({ name, payload }) {
      if (name !== 'execution.changed') return false;
      const change = payload as Change;
      if (!runs.has(change.runId)) return false;
      changes.set(change.executionId, change);
      return true;
    },
    size: () => changes.size,
    take() {
      if (changes.size === 0) return '';
      const told: Record<string, Record<string, string[]>> = {};
      for (const { executionId, runId, state } of changes.values()) {
        told[runId] ??= {};
        const byState = told[runId];
        byState[state] ??= [];
        byState[state].push(executionId);
      }
      changes.clear();
      return `event: states\ndata: ${JSON.stringify(told)}\n\n`;
    },
    clear: () => changes.clear(),
  };
}
