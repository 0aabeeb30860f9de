import type { Logger } from 'pino';
import type { Clock } from '../../platform/clock.ts';
import { createLoop, type Loop } from '../../platform/loops/loop.ts';
import type { Duplicates } from './duplicates.ts';
import type { Fleet } from './fleet.ts';
import type { HeartbeatRows } from './heartbeat-rows.ts';

export type AgentLoopsResources = {
  readonly clock: Clock;
  readonly log: Logger;
  readonly fleet: Fleet;
  readonly heartbeatRows: HeartbeatRows;
  readonly duplicates: Pick<Duplicates, 'settle'>;
  /** asked before statuses age: whether the time can be believed */
  readonly lookAtTime: () => Promise<void>;
};

/** Statuses age by themselves, and heartbeats reach their rows. */
export type AgentLoops = {
  start(): void;
  /** Resolves when the last heartbeats are written. May be called twice. */
  stop(): Promise<void>;
};

export function createAgentLoops({ clock, log, fleet, heartbeatRows, duplicates, lookAtTime }: AgentLoopsResources): AgentLoops {
  let loops: readonly Loop[] = [];

  async function reassess(): Promise<void> {
    await lookAtTime();
    fleet.reassess();
  }

  return {
    start() {
      loops = [
        createLoop({ name: 'agent statuses', clock, log, everyMs: 1_000, run: reassess }),
        createLoop({ name: 'heartbeat rows', clock, log, everyMs: 5_000, run: () => heartbeatRows.saveDue() }),
        createLoop({ name: 'duplicated agents', clock, log, everyMs: 30_000, run: duplicates.settle }),
      ];
    },
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()));
      await heartbeatRows.saveAll();
    },
  };
}
