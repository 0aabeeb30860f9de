import type { Cleanups } from '../cleanups.ts';
import type { Floors } from '../floors.ts';
import type { FleetBed, FleetBedOptions } from './bed/fleet-bed.ts';
import type { Measuring } from './measures.ts';
import type { FleetBenchSettings } from './settings.ts';

/** One question about a fleet, measured end to end and proved by the database. */
export type Scenario = {
  readonly name: string;
  /** for the help text */
  readonly summary: string;
  /** numbers of agents when none are asked for */
  readonly agents: readonly number[];
  run(context: ScenarioContext): Promise<void>;
};

export type ScenarioContext = {
  readonly settings: FleetBenchSettings;
  /** of `settings`, or those of the scenario */
  readonly agents: readonly number[];
  /** as they were just before */
  readonly floors: Floors;
  readonly measuring: Measuring;
  readonly cleanups: Cleanups;
  /** for a person who waits */
  readonly say: (line: string) => void;
  /** a sentence below the table */
  readonly note: (sentence: string) => void;
  /** A bed as the settings say; the caller ends it. */
  startBed(options: BedWish): Promise<FleetBed>;
};

export type BedWish = Pick<FleetBedOptions, 'agents'> &
  Partial<Pick<FleetBedOptions, 'heartbeatSeconds' | 'history' | 'settings' | 'inspect' | 'slots'>>;
