import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../schema/schema.ts';
import { type Sighting, saveSightings } from './agents.store.ts';
import type { Fleet } from './fleet.ts';

/**
 * Heartbeats live in memory; a row is written at most once per agent and minute, for the agents that are due together. Each write is
 * bounded, so that ten thousand agents that joined at once do not hold up the ledger.
 */
export type HeartbeatRows = {
  noticed(agentId: string): void;
  /** Writes the agents that are due; called by a loop. */
  saveDue(): Promise<void>;
  /** Writes all that is not yet written, for an orderly stop. */
  saveAll(): Promise<void>;
};

export type HeartbeatRowsResources = { readonly db: Database; readonly clock: Clock; readonly fleet: Fleet };

const everyMs = 60_000;
const perStatement = 200;
const perCall = 2_000;

export function createHeartbeatRows({ db, clock, fleet }: HeartbeatRowsResources): HeartbeatRows {
  const unwritten = new Set<string>();
  const writtenAt = new Map<string, number>();

  async function save(ids: readonly string[]): Promise<void> {
    for (let from = 0; from < ids.length; from += perStatement) {
      const sightings = ids.slice(from, from + perStatement).flatMap((id) => sightingOf(id, fleet));
      if (sightings.length === 0) continue;
      // before the write, so that a heartbeat that comes during it counts as a new one
      for (const { id } of sightings) unwritten.delete(id);
      try {
        await db.write((writer) => saveSightings(writer, sightings));
      } catch (error) {
        for (const { id } of sightings) unwritten.add(id);
        throw error;
      }
      for (const { id } of sightings) writtenAt.set(id, clock.monotonic());
    }
  }

  function forgetRemoved(): void {
    for (const id of [...unwritten, ...writtenAt.keys()]) {
      if (fleet.get(id) !== undefined) continue;
      unwritten.delete(id);
      writtenAt.delete(id);
    }
  }

  return {
    noticed: (agentId) => void unwritten.add(agentId),
    async saveDue() {
      const latest = clock.monotonic() - everyMs;
      const due = [...unwritten].filter((id) => (writtenAt.get(id) ?? latest) <= latest);
      await save(due.slice(0, perCall));
      forgetRemoved();
    },
    saveAll: () => save([...unwritten]),
  };
}

function sightingOf(id: string, fleet: Fleet): Sighting[] {
  const agent = fleet.get(id);
  return agent === undefined || agent.lastSeenAt === null ? [] : [{ id, lastSeenAt: agent.lastSeenAt, metrics: agent.metrics }];
}
