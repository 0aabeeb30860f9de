import type { Migration } from '../../platform/db/migrations.ts';

/**
 * What is open is found in small indexes, and what has ended in large ones. Before, one index held both, and each step of an execution
 * took its entry out of one place of a large tree and put it into another: pages to find, to change and to write, more of them with every
 * execution in the history. Now the steps stay within a few pages, and the large trees are written once, when it ends.
 */
export const openAndEnded: Migration = {
  name: '0015_open_and_ended',
  statements: [
    'DROP INDEX executions_by_state',
    'DROP INDEX executions_by_agent_state',
    'DROP INDEX executions_by_run_state',
    'CREATE INDEX executions_open_by_state ON executions (state, id) WHERE open = 1',
    'CREATE INDEX executions_open_by_agent ON executions (agent_id, state, id) WHERE open = 1',
    'CREATE INDEX executions_open_by_run ON executions (run_id, state, id) WHERE open = 1',
    'CREATE INDEX executions_ended_by_state ON executions (state, id) WHERE open = 0',
    'CREATE INDEX executions_ended_by_agent ON executions (agent_id, state, id) WHERE open = 0',
    'CREATE INDEX executions_ended_by_run ON executions (run_id, state, id) WHERE open = 0',
  ],
};
