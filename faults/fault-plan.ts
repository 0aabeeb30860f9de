import { type InstantName, instants } from './instants.ts';
import type { Random } from './random.ts';

/** What can be done to the running system. `agent` is an index; times are in ms. */
export type Fault = { readonly at: number } & FaultAction;

export type FaultAction =
  | { readonly kind: 'kill-server'; readonly pauseMs: number }
  | { readonly kind: 'kill-agent'; readonly agent: number; readonly pauseMs: number }
  /** armed; it counts as done when the process came there */
  | {
      readonly kind: 'kill-at';
      readonly side: 'server';
      readonly instant: InstantName;
      readonly hits: number;
      readonly pauseMs: number;
    }
  | {
      readonly kind: 'kill-at';
      readonly side: 'agent';
      readonly agent: number;
      readonly instant: InstantName;
      readonly hits: number;
      readonly pauseMs: number;
    }
  | { readonly kind: 'stop-server'; readonly forMs: number }
  | { readonly kind: 'stop-agent'; readonly agent: number; readonly forMs: number }
  | {
      readonly kind: 'stop-at';
      readonly agent: number;
      readonly instant: InstantName;
      readonly hits: number;
      readonly forMs: number;
    }
  | { readonly kind: 'restart-server'; readonly pauseMs: number }
  | { readonly kind: 'restart-agent'; readonly agent: number; readonly pauseMs: number }
  | { readonly kind: 'cut'; readonly agent: number; readonly forMs: number }
  | { readonly kind: 'half-open'; readonly agent: number; readonly swallow: 'both' | 'up' | 'down'; readonly forMs: number }
  | {
      readonly kind: 'slow';
      readonly agent: number;
      readonly delayMs: number;
      readonly bytesPerSecond: number;
      readonly forMs: number;
    }
  | { readonly kind: 'frames'; readonly agent: number; readonly share: number; readonly delayMs: number; readonly forMs: number }
  | { readonly kind: 'twin'; readonly agent: number; readonly withJournal: boolean; readonly forMs: number }
  | { readonly kind: 'plugin-change'; readonly version: number }
  | { readonly kind: 'clock-server'; readonly offsetMs: number; readonly forMs: number }
  | { readonly kind: 'clock-agent'; readonly agent: number; readonly offsetMs: number; readonly forMs: number }
  | { readonly kind: 'disk-full-server'; readonly forMs: number }
  | { readonly kind: 'disk-full-agent'; readonly agent: number; readonly forMs: number }
  | { readonly kind: 'flood-server'; readonly valid: boolean; readonly forMs: number };

export type FaultKind = FaultAction['kind'];

type Draw = (random: Random, agent: number, index: number, at: readonly InstantName[]) => FaultAction;

const hour = 3_600_000;
const pauseOf = (random: Random): number => random.weighted([[random.between(0, 500), 3], [random.between(500, 4000), 2], [random.between(4000, 12_000), 1]]); // biome-ignore format: weights
const stopOf = (random: Random): number => random.weighted([[random.between(500, 3000), 3], [random.between(3000, 8000), 2], [random.between(16_000, 20_000), 1]]); // biome-ignore format: weights

/** Not those that a running system hardly comes to: they have scenarios of their own. */
const serverInstants = instants
  .filter(({ side, name }) => side === 'server' && name !== 'migration-half')
  .map(({ name }) => name);
const agentInstants = instants
  .filter(({ side, name }) => side === 'agent' && name !== 'journal-compaction-half' && !name.startsWith('update-'))
  .map(({ name }) => name);

/** How each kind is drawn, and how often. */
const kinds: Readonly<Record<FaultKind, readonly [weight: number, Draw]>> = {
  'kill-server': [8, (random) => ({ kind: 'kill-server', pauseMs: pauseOf(random) })],
  'kill-agent': [8, (random, agent) => ({ kind: 'kill-agent', agent, pauseMs: pauseOf(random) })],
  'kill-at': [
    30,
    (random, agent, _index, at) => {
      const drawn = { kind: 'kill-at', hits: random.between(1, 12), pauseMs: pauseOf(random) } as const;
      const ofServer = serverInstants.filter((name) => at.includes(name));
      const ofAgent = agentInstants.filter((name) => at.includes(name));
      return ofAgent.length === 0 || (ofServer.length > 0 && random.chance(0.5))
        ? { ...drawn, side: 'server', instant: random.pick(ofServer) }
        : { ...drawn, side: 'agent', agent, instant: random.pick(ofAgent) };
    },
  ],
  'stop-server': [4, (random) => ({ kind: 'stop-server', forMs: stopOf(random) })],
  'stop-agent': [6, (random, agent) => ({ kind: 'stop-agent', agent, forMs: stopOf(random) })],
  'stop-at': [
    4,
    (random, agent) => ({
      kind: 'stop-at',
      agent,
      instant: random.pick(agentInstants),
      hits: random.between(1, 8),
      forMs: stopOf(random),
    }),
  ],
  'restart-server': [3, (random) => ({ kind: 'restart-server', pauseMs: pauseOf(random) })],
  'restart-agent': [3, (random, agent) => ({ kind: 'restart-agent', agent, pauseMs: pauseOf(random) })],
  cut: [14, (random, agent) => ({ kind: 'cut', agent, forMs: stopOf(random) })],
  'half-open': [
    6,
    (random, agent) => ({
      kind: 'half-open',
      agent,
      swallow: random.pick(['both', 'up', 'down']),
      forMs: random.between(2000, 22_000),
    }),
  ],
  slow: [
    4,
    (random, agent) => ({
      kind: 'slow',
      agent,
      delayMs: random.between(20, 400),
      bytesPerSecond: random.between(5000, 100_000),
      forMs: stopOf(random),
    }),
  ],
  frames: [
    10,
    (random, agent) => ({
      kind: 'frames',
      agent,
      share: random.pick([0.1, 0.5, 1]),
      delayMs: random.pick([0, 50, 800, 1500]),
      forMs: random.between(3000, 12_000),
    }),
  ],
  twin: [3, (random, agent) => ({ kind: 'twin', agent, withJournal: random.chance(0.5), forMs: random.between(1000, 6000) })],
  'plugin-change': [5, (_random, _agent, index) => ({ kind: 'plugin-change', version: index + 2 })],
  'clock-server': [
    2,
    (random) => ({ kind: 'clock-server', offsetMs: random.pick([-hour, hour]), forMs: random.between(3000, 10_000) }),
  ],
  'clock-agent': [
    3,
    (random, agent) => ({
      kind: 'clock-agent',
      agent,
      offsetMs: random.pick([-hour, hour]),
      forMs: random.between(3000, 10_000),
    }),
  ],
  'disk-full-server': [2, (random) => ({ kind: 'disk-full-server', forMs: random.between(1000, 6000) })],
  'disk-full-agent': [3, (random, agent) => ({ kind: 'disk-full-agent', agent, forMs: random.between(1000, 8000) })],
  'flood-server': [2, (random) => ({ kind: 'flood-server', valid: random.chance(0.5), forMs: random.between(2000, 6000) })],
};

export const randomInstants: readonly InstantName[] = [...serverInstants, ...agentInstants];
export const faultKinds = Object.keys(kinds) as FaultKind[];

export type FaultPlanOptions = {
  readonly seconds: number;
  readonly agents: number;
  readonly only: readonly FaultKind[];
  /** instants at which processes are killed */
  readonly at: readonly InstantName[];
  /** between two faults, on average */
  readonly everySeconds: number;
  /** no fault lasts longer */
  readonly longestMs: number;
};

/** The faults of a run, in order of time. */
export function planFaults(
  random: Random,
  { seconds, agents, only, at: places, everySeconds, longestMs }: FaultPlanOptions,
): Fault[] {
  const weights = only.map((kind) => [kind, kinds[kind][0]] as const);
  const faults: Fault[] = [];
  if (weights.length === 0) return faults;
  // the first ones find work under way
  for (let at = Math.min(3000, seconds * 100); ; at += -Math.log(1 - random.next()) * everySeconds * 1000) {
    if (at >= seconds * 1000) return faults;
    const kind = random.weighted(weights);
    const drawn = kinds[kind][1](random, random.between(0, agents - 1), faults.length, places);
    faults.push({ at: Math.floor(at), ...shortened(drawn, longestMs) });
  }
}

function shortened(fault: FaultAction, longestMs: number): FaultAction {
  if ('forMs' in fault) return { ...fault, forMs: Math.min(fault.forMs, longestMs) };
  if ('pauseMs' in fault) return { ...fault, pauseMs: Math.min(fault.pauseMs, longestMs) };
  return fault;
}
