import { setTimeout as pause } from 'node:timers/promises';
import type { Cleanups } from './cleanups.ts';
import type { Expectation } from './expectations.ts';
import { startFleet } from './fleet.ts';
import { type Floors, measureFloors } from './floors.ts';
import { measureLatency } from './scenarios/latency.ts';
import { measureThroughput, type Throughput } from './scenarios/throughput.ts';
import type { Row } from './table.ts';
import { percentile, type Samples } from './timing.ts';

export type MeasureOptions = {
  readonly folder: string;
  readonly cleanups: Cleanups;
  readonly quick: boolean;
  /** what is being measured now, for a person who waits */
  readonly say: (line: string) => void;
};

export type Measured = { readonly rows: readonly Row[]; readonly expectations: readonly Expectation[] };

/** The slots of an agent by default. */
const slots = 10;
const manyAgents = 20;
/** A runner process per slot: two hundred of them would measure the memory of the machine. */
const slotsOfMany = 2;
const MiB = 1024 ** 2;

type Results = {
  readonly floors: Floors;
  readonly serverIdle: number;
  readonly serverLoaded: number;
  readonly agentIdle: number;
  readonly latency: Samples;
  readonly one: Throughput;
  readonly bash: Throughput;
  readonly many: Throughput;
};

export async function measure(options: MeasureOptions): Promise<Measured> {
  const results = await measureAll(options);
  return { rows: rowsOf(results), expectations: expectationsOf(results) };
}

async function measureAll({ folder, cleanups, quick, say }: MeasureOptions): Promise<Results> {
  const seconds = quick ? 2 : 12;
  say('floors: echo, insert, spawn');
  const floors = await measureFloors(folder, quick ? 1 : 4, cleanups);
  say('one agent: idle, latency, throughput');
  const fleet = await startFleet(cleanups);
  await fleet.addAgents(1, slots);
  // until what was needed for the start alone is given back
  await pause(quick ? 1500 : 5000);
  const [serverIdle, agentIdle] = [await fleet.serverBytes(), await fleet.agentBytes()];
  const latency = await measureLatency(fleet, seconds);
  const one = await measureThroughput(fleet, { plugin: 'noop', seconds, underWay: 6 * slots });
  const bash = await measureThroughput(fleet, { plugin: 'true', seconds: seconds / 2, underWay: slots });
  say(`${manyAgents} agents: throughput`);
  await fleet.endAgents();
  await fleet.addAgents(manyAgents, slotsOfMany);
  const many = await measureThroughput(fleet, { plugin: 'noop', seconds, underWay: 4 * manyAgents * slotsOfMany });
  const serverLoaded = await fleet.serverBytes();
  const seen = fleet.poster.succeeded();
  const { executions, succeeded } = await fleet.end();
  if (succeeded !== seen || executions !== seen)
    throw new Error(
      `${seen} executions were answered as succeeded, but the database holds ${executions}, ${succeeded} succeeded.`,
    );
  return { floors, serverIdle, serverLoaded, agentIdle, latency, one, bash, many };
}

function rowsOf({ floors, serverIdle, serverLoaded, agentIdle, latency, one, bash, many }: Results): Row[] {
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
    { name: 'processor time of the server, each', value: one.serverMsEach, unit: 'ms/execution', floors: ofEach },
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

const expectationsOf = ({ latency, one, many, agentIdle }: Results): Expectation[] => [
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
