import { describe, expect, it } from '@jest/globals';
import { idleMetrics } from '../../../tests/support/heartbeat.ts';
import { filterMatcher } from './agent-filter.ts';
import { agentOrders, chosenAgents, countByStatus, naturalKey, sortedAgents } from './agent-list.ts';
import type { AgentView } from './agents.ts';

const agent = (name: string, more: Partial<AgentView> = {}): AgentView => ({
  id: `agt_${name}`,
  name,
  tags: [],
  os: 'linux',
  arch: 'x64',
  version: '1',
  executable: null,
  otherProtocol: null,
  slots: 1,
  facts: {},
  runtimes: {},
  status: 'Online',
  connected: true,
  metrics: null,
  lastSeenAt: 1000,
  revoked: false,
  duplicate: null,
  enrolledAt: 0,
  ...more,
});
const cpu = (cpuPercent: number): Partial<AgentView> => ({
  metrics: { ...idleMetrics, cpuPercent },
});
const names = (agents: readonly AgentView[]) => agents.map(({ name }) => name);
const filtered = (agents: readonly AgentView[], text: string) =>
  names(chosenAgents(agents, { matches: filterMatcher(text, (name) => agents.some((one) => one.name === name)) }));

describe('the order of the list', () => {
  it('counts numbers in names as numbers, whatever the case', () => {
    const agents = ['web10', 'Web2', 'web1', 'db', 'web002b'].map((name) => agent(name));
    expect(names(sortedAgents(agents, 'name'))).toEqual(['db', 'web1', 'Web2', 'web002b', 'web10']);
    expect(names(sortedAgents(agents, '-name'))).toEqual(['web10', 'web002b', 'Web2', 'web1', 'db']);
    expect(naturalKey('a000')).toBe(naturalKey('a0'));
  });

  it('puts hosts of which nothing is known last either way, also what was last heard of one that is gone', () => {
    const agents = [
      agent('none'),
      agent('low', cpu(1)),
      agent('high', cpu(90)),
      agent('gone', { ...cpu(99), status: 'Offline' }),
    ];
    expect(names(sortedAgents(agents, '-cpu'))).toEqual(['high', 'low', 'gone', 'none']);
    expect(names(sortedAgents(agents, 'cpu'))).toEqual(['low', 'high', 'gone', 'none']);
  });

  it('has an answer for every column', () => {
    for (const order of agentOrders) expect(sortedAgents([agent('a'), agent('b', cpu(3))], order)).toHaveLength(2);
  });
});

describe('the filter of the list', () => {
  const agents = [agent('web-1', { tags: ['web'] }), agent('web-10'), agent('db-1', { status: 'Offline' })];

  it('takes half a name, a whole one, or an expression', () => {
    expect(filtered(agents, 'EB')).toEqual(['web-1', 'web-10']);
    expect(filtered(agents, 'web-1')).toEqual(['web-1']);
    expect(filtered(agents, ' tag:web | db* ')).toEqual(['web-1', 'db-1']);
    expect(filtered(agents, 'ALL')).toHaveLength(3);
    expect(filtered(agents, '')).toHaveLength(3);
  });

  it('tells the column of a mistake', () => {
    expect(() => filtered(agents, 'tag:web & (')).toThrow(
      expect.objectContaining({ code: 'owner_syntax', details: expect.objectContaining({ field: 'target', column: 12 }) }),
    );
  });

  it('counts what it leaves by status', () => {
    expect(countByStatus(agents)).toEqual({ Online: 2, Idle: 0, Offline: 1, Revoked: 0 });
  });
});
