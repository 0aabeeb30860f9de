import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cleanups } from '../cleanups.ts';
import { type Floors, measureFloors } from '../floors.ts';
import { driftBetween } from '../steadiness.ts';
import { percentile } from '../timing.ts';
import { startFleetBed } from './bed/fleet-bed.ts';
import { createMeasuring, type Measure } from './measures.ts';
import type { Scenario } from './scenario.ts';
import type { FleetBenchSettings } from './settings.ts';

export type ScenarioMeasured = {
  readonly scenario: string;
  readonly measures: readonly Measure[];
  readonly floors: readonly Measure[];
  readonly notes: readonly string[];
  /** by how much the machine itself changed meanwhile, 0 to 1 */
  readonly drift: number;
};

const floorSeconds = 1;

/** A scenario between two looks at what the machine can do. */
export async function runScenario(
  scenario: Scenario,
  settings: FleetBenchSettings,
  { cleanups, say }: { readonly cleanups: Cleanups; readonly say: (line: string) => void },
): Promise<ScenarioMeasured> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-floors-'));
  cleanups.add(() => rm(folder, { recursive: true, force: true }));
  const measuring = createMeasuring();
  const notes: string[] = [];
  say('floors');
  const before = await measureFloors(folder, floorSeconds, cleanups);
  const { slots, processes, tls, churn, profile, keepHistory } = settings;
  await scenario.run({
    settings,
    agents: settings.agents ?? scenario.agents,
    floors: before,
    measuring,
    cleanups,
    say,
    note: (sentence) => void notes.push(sentence),
    async startBed(wish) {
      const bed = await startFleetBed({
        slots,
        processes: Math.min(processes, wish.agents),
        tls,
        profile,
        keepHistory,
        cleanups,
        say,
        ...wish,
      });
      if (churn > 0) await bed.load.churn(churn * wish.agents);
      return bed;
    },
  });
  say('floors once more');
  const after = await measureFloors(folder, floorSeconds, cleanups);
  return {
    scenario: scenario.name,
    measures: measuring.measures(),
    floors: floorMeasures([before, after]),
    notes,
    drift: driftBetween(before, after),
  };
}

const floorMeasures = (floors: readonly Floors[]): Measure[] => [
  { name: 'floor: WebSocket echo, JSON both ways', unit: 'messages/s', values: floors.map(({ echo }) => echo.perSecond) },
  { name: 'floor: durable rows, 100 per commit', unit: 'rows/s', values: floors.map(({ insert }) => insert.perSecond) },
  {
    name: 'floor: durable commit of one row',
    unit: 'ms',
    values: floors.map(({ commitTimes }) => percentile(commitTimes, 0.5)),
  },
  { name: 'floor: spawn of /bin/true', unit: 'processes/s', values: floors.map(({ spawn }) => spawn.perSecond) },
];
