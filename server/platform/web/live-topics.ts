import type { EventName, Events } from '../../../shared/events.ts';
import type { Permission } from '../../../shared/permissions.ts';

/**
 * What a page can listen to: one thing by its id, or a list. `grid:RUN` is a run with ten thousand hosts: who listens to it is told the
 * states of its executions in bulk (`live-stream.ts`), and nothing of their progress.
 */
const ofOneThing = ['run', 'grid', 'execution', 'task', 'agent', 'update'] as const;
const ofLists = {
  runs: 'tasks.read',
  tasks: 'tasks.read',
  overview: 'tasks.read',
  agents: 'agents.read',
  updates: 'agents.read',
  plugins: 'plugins.read',
} as const;

export const topicPattern = new RegExp(`^(?:(?:${ofOneThing.join('|')}):[a-z0-9_]{1,64}|${Object.keys(ofLists).join('|')})$`);

export function permissionOfTopic(topic: string): Permission {
  if (topic in ofLists) return ofLists[topic as keyof typeof ofLists];
  return /^(?:agent|update):/.test(topic) ? 'agents.read' : 'tasks.read';
}

type Touched = { readonly topics: readonly string[]; readonly subject: string };

/** The topics that an event touches, and the thing that it is about: of two events of one name about one thing the newer says all. */
const touched: { readonly [N in EventName]: (event: Events[N]) => Touched } = {
  'task.changed': ({ taskId }) => ({ topics: [`task:${taskId}`, 'tasks'], subject: taskId }),
  'run.created': ({ runId, taskId }) => ({
    topics: [`run:${runId}`, `grid:${runId}`, `task:${taskId}`, 'runs', 'overview'],
    subject: runId,
  }),
  'run.changed': ({ runId, taskId }) => ({
    topics: [`run:${runId}`, `grid:${runId}`, `task:${taskId}`, 'runs', 'overview'],
    subject: runId,
  }),
  'execution.changed': ({ executionId, runId, agentId }) => ({
    topics: [
      `execution:${executionId}`,
      `run:${runId}`,
      `grid:${runId}`,
      ...(agentId === null ? [] : [`agent:${agentId}`]),
      'overview',
    ],
    subject: executionId,
  }),
  'execution.progress': ({ executionId, runId }) => ({
    topics: [`execution:${executionId}`, `run:${runId}`],
    subject: executionId,
  }),
  'log.appended': ({ executionId }) => ({ topics: [`execution:${executionId}`], subject: executionId }),
  'agent.changed': ({ agentId }) => ({ topics: [`agent:${agentId}`, 'agents', 'overview'], subject: agentId }),
  // not the list of agents: a thousand heartbeats come there in a second, so its page asks for fresh numbers at a pace of its own
  'agent.metrics': ({ agentId }) => ({ topics: [`agent:${agentId}`], subject: agentId }),
  'update.changed': ({ updateId }) => ({ topics: [`update:${updateId}`, 'updates'], subject: updateId }),
  'plugin.changed': ({ name }) => ({ topics: ['plugins'], subject: name }),
};

export const topicsOf = <N extends EventName>(name: N, event: Events[N]): Touched => touched[name](event);
