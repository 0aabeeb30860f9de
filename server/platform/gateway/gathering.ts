import type { RandomBytes } from '../../../shared/ids.ts';
import { longestComeBackMs, type ServerMessageOf } from '../../../shared/protocol.ts';

/**
 * How a whole fleet comes back after a restart: not at once. Agents are told in which time they are to return, each at a random moment of
 * it, so that no more arrive in a second than can shake hands in one; the larger the fleet, the longer.
 */
export type Gathering = {
  /** in which time all are to be back */
  withinMs(): number;
  /** for those whose connection is about to be closed by a server that stops */
  restarting(): ServerMessageOf<'come_back'>;
  /** the same for a server that stays */
  returning(): ServerMessageOf<'come_back'>;
  /** for one that found no place; not the same for all */
  retryAfterSeconds(): number;
};

export type GatheringResources = {
  readonly randomBytes: RandomBytes;
  /** hosts that the server may expect */
  readonly fleetSize: number;
  readonly connected: () => number;
  /** what the start of this server took, which its next one will take again */
  readonly restartMs: number;
  /** handshakes that the server gets done */
  readonly returnsPerSecond: number;
};

/** To stop takes time too; who comes a little early finds nobody, and asks again within the same time. */
const longestRestartMs = 10_000;
/** A handful of agents is spread a little too: they are not alone on their network. */
const shortestMs = 2000;
const longestRefusalSeconds = 30;

export function createGathering(resources: GatheringResources): Gathering {
  const { randomBytes, fleetSize, connected, restartMs, returnsPerSecond } = resources;
  const msFor = (agents: number): number => Math.round((agents / returnsPerSecond) * 1000);

  function withinMs(): number {
    return Math.min(longestComeBackMs, Math.max(shortestMs, msFor(Math.max(fleetSize, connected()))));
  }

  return {
    withinMs,
    restarting: () => ({
      type: 'come_back',
      afterMs: Math.round(Math.min(longestRestartMs, restartMs)),
      withinMs: withinMs(),
    }),
    returning: () => ({ type: 'come_back', afterMs: 0, withinMs: withinMs() }),
    retryAfterSeconds() {
      const missing = msFor(Math.max(0, fleetSize - connected())) / 1000;
      const most = Math.min(longestRefusalSeconds, Math.max(2, Math.ceil(missing)));
      return 1 + Math.floor(((randomBytes(1)[0] ?? 0) / 256) * most);
    },
  };
}
