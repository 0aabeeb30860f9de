import { setTimeout as pause } from 'node:timers/promises';
import type { Cleanups } from './cleanups.ts';
import type { Expectation } from './expectations.ts';
import { measureFloors } from './floors.ts';
import { startFleet } from './real-agents.ts';
import { expectationsOf, type Results, rowsOf } from './results.ts';
import { measureLatency } from './scenarios/latency.ts';
import { measureThroughput } from './scenarios/throughput.ts';
import { driftBetween, meanOf } from './steadiness.ts';
import type { Row } from './table.ts';

export type MeasureOptions = {
  readonly folder: string;
  readonly cleanups: Cleanups;
  readonly quick: boolean;
  /** what is being measured now, for a person who waits */
  readonly say: (line: string) => void;
};

export type Measured = {
  readonly rows: readonly Row[];
  readonly expectations: readonly Expectation[];
  /** by how much the machine itself changed meanwhile, 0 to 1 */
  readonly drift: number;
};

/** The slots of an agent by default. */
const slots = 10;
const manyAgents = 20;
/** A runner process per slot: two hundred of them would measure the memory of the machine. */
const slotsOfMany = 2;

export async function measure(options: MeasureOptions): Promise<Measured> {
  const results = await measureAll(options);
  return { rows: rowsOf(results), expectations: expectationsOf(results), drift: results.drift };
}

async function measureAll({ folder, cleanups, quick, say }: MeasureOptions): Promise<Results> {
  const seconds = quick ? 2 : 12;
  say('floors: echo, insert, spawn');
  const floorSeconds = quick ? 0.5 : 2;
  const before = await measureFloors(folder, floorSeconds, cleanups);
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
  say('floors once more');
  const after = await measureFloors(folder, floorSeconds, cleanups);
  const floors = { floors: meanOf(before, after), drift: driftBetween(before, after) };
  return { ...floors, serverIdle, serverLoaded, agentIdle, latency, one, bash, many, manyAgents };
}
