import type { AgentCount, AgentStatus } from '../../../shared/api/agents.ts';
import { agentStatuses } from '../../../shared/api/agents.ts';
import type { AgentView } from './agents.ts';
import type { Matcher } from './target-terms.ts';

/** The list of agents as a page shows it: filtered, sorted and cut out of the fleet in memory, in milliseconds with ten thousand of them. */
export const agentSorts = ['name', 'status', 'cpu', 'memory', 'disk', 'seen'] as const;
export type AgentSort = (typeof agentSorts)[number];
/** `-cpu` is the highest first */
export type AgentOrder = AgentSort | `-${AgentSort}`;
export const agentOrders = agentSorts.flatMap((sort): AgentOrder[] => [sort, `-${sort}`]) as [AgentOrder, ...AgentOrder[]];

export type AgentChoice = {
  readonly matches: Matcher;
  readonly status?: AgentStatus | undefined;
  readonly only?: ((agent: AgentView) => boolean) | undefined;
};

export const chosenAgents = (agents: readonly AgentView[], { matches, status, only }: AgentChoice): AgentView[] =>
  agents.filter(
    (agent) => (status === undefined || agent.status === status) && (only === undefined || only(agent)) && matches(agent),
  );

/** Agents of which the value is not known come last either way; equal ones are in the order of their names. */
export function sortedAgents(agents: readonly AgentView[], order: AgentOrder): AgentView[] {
  const sign = order.startsWith('-') ? -1 : 1;
  const sort = order.replace('-', '') as AgentSort;
  const keyed = agents.map((agent) => ({
    agent,
    name: naturalKey(agent.name),
    value: sort === 'name' ? null : values[sort](agent),
  }));
  keyed.sort((a, b) => {
    if (a.value !== b.value) {
      if (a.value === null) return 1;
      if (b.value === null) return -1;
      return sign * (a.value - b.value);
    }
    return (sort === 'name' ? sign : 1) * (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  });
  return keyed.map(({ agent }) => agent);
}

export function countByStatus(agents: readonly AgentView[]): AgentCount['byStatus'] {
  const counts = { Online: 0, Idle: 0, Offline: 0, Revoked: 0 };
  for (const { status } of agents) counts[status] += 1;
  return counts;
}

/** So that `web2` comes before `web10`, whatever the case. */
export const naturalKey = (name: string): string =>
  name.toLowerCase().replace(/\d+/g, (digits) => digits.replace(/^0+(?=\d)/, '').padStart(12, '0'));

type Value = (agent: AgentView) => number | null;

/** What was last heard of a host that is gone says nothing about it now. */
const ofMetrics =
  (read: (metrics: NonNullable<AgentView['metrics']>) => number): Value =>
  ({ metrics, status }) =>
    metrics === null || status === 'Offline' || status === 'Revoked' ? null : read(metrics);

const values: Readonly<Record<Exclude<AgentSort, 'name'>, Value>> = {
  status: ({ status }) => agentStatuses.indexOf(status),
  cpu: ofMetrics(({ cpuPercent }) => cpuPercent),
  memory: ofMetrics(({ memoryUsedBytes, memoryTotalBytes }) => memoryUsedBytes / Math.max(1, memoryTotalBytes)),
  disk: ofMetrics(({ diskUsedBytes, diskTotalBytes }) => diskUsedBytes / Math.max(1, diskTotalBytes)),
  seen: ({ lastSeenAt }) => lastSeenAt,
};
