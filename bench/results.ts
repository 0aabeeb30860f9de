import type { Expectation } from './expectations.ts';
import type { Floors } from './floors.ts';
import type { Throughput } from './scenarios/throughput.ts';
import type { Row } from './table.ts';
import { percentile, type Samples } from './timing.ts';

/** Everything that a run measured. Memory is in bytes. */
export type Results = {
  readonly floors: Floors;
  readonly drift: number;
  readonly serverIdle: number;
  readonly serverLoaded: number;
  readonly agentIdle: number;
  readonly latency: Samples;
  readonly one: Throughput;
  readonly bash: Throughput;
  readonly many: Throughput;
  readonly manyAgents: number;
};

const MiB = 1024 ** 2;

export function rowsOf({ floors, serverIdle, serverLoaded, agentIdle, latency, one, bash, many, manyAgents }: Results): Row[] {
  const commit = percentile(floors.commitTimes, 0.5);
  const bareNode = floors.bareNodeBytes / MiB;
  const echo = percentile(floors.echoTimes, 0.5);
  const ofRates = [
    { of: 'echo', value: floors.echo.perSecond },
    { of: 'durable row', value: floors.insert.perSecond },
  ];
  const ofTimes = [
    { of: 'echo', value: echo },
    { of: 'durable commit', value: commit },
  ];
  const ofEach = ofRates.map(({ of, value }) => ({ of, value: 1000 / value }));
  const ofNode = [{ of: 'bare Node', value: bareNode }];
  return [
    { name: 'WebSocket echo, JSON both ways', value: floors.echo.perSecond, unit: 'messages/s' },
    { name: 'WebSocket echo, one at a time, p50', value: echo, unit: 'ms' },
    { name: 'durable rows, 100 per commit', value: floors.insert.perSecond, unit: 'rows/s' },
    { name: 'durable commit of one row, p50', value: commit, unit: 'ms' },
    { name: 'spawn of /bin/true', value: floors.spawn.perSecond, unit: 'processes/s' },
    { name: 'resident memory, bare Node', value: bareNode, unit: 'MiB' },
    { name: 'executions, 1 agent', value: one.perSecond, unit: 'executions/s', floors: ofRates },
    { name: `executions, ${manyAgents} agents`, value: many.perSecond, unit: 'executions/s', floors: ofRates },
    { name: 'processor time of the server, 1 agent', value: one.serverMsEach, unit: 'ms/execution', floors: ofEach },
    {
      name: `processor time of the server, ${manyAgents} agents`,
      value: many.serverMsEach,
      unit: 'ms/execution',
      floors: ofEach,
    },
    { name: 'POST to final state at idle, p50', value: percentile(latency, 0.5), unit: 'ms', floors: ofTimes },
    { name: 'POST to final state at idle, p99', value: percentile(latency, 0.99), unit: 'ms', floors: ofTimes },
    {
      name: 'bash executions, 1 agent',
      value: bash.perSecond,
      unit: 'executions/s',
      floors: [{ of: 'bare spawn', value: floors.spawn.perSecond }],
    },
    { name: 'resident memory, server, idle', value: serverIdle / MiB, unit: 'MiB', floors: ofNode },
    { name: 'resident memory, server, after load', value: serverLoaded / MiB, unit: 'MiB', floors: ofNode },
    { name: 'resident memory, agent, idle', value: agentIdle / MiB, unit: 'MiB', floors: ofNode },
  ];
}

export const expectationsOf = ({ latency, one, many, agentIdle }: Results): Expectation[] => [
  {
    what: 'The time from POST to final state at idle (p50)',
    measured: percentile(latency, 0.5),
    unit: 'ms',
    wanted: { under: 10 },
  },
  {
    what: 'The number of executions end to end',
    measured: Math.max(one.perSecond, many.perSecond),
    unit: 'per second',
    wanted: { atLeast: 1000 },
  },
  { what: 'The resident memory of an idle agent', measured: agentIdle / 1e6, unit: 'MB', wanted: { under: 65 } },
];
