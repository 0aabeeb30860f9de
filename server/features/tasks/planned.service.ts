import type { Database } from '../../schema/schema.ts';
import { type PausedTask, type PlannedTask, pausedTasks, plannedTasks, type UnrunFiring, unrunSince } from './planned.store.ts';

export type { PausedTask, PlannedTask, UnrunFiring };

/** What will fire, what does not for now, and what did not run: each look is bounded. */
export type Planned = {
  /** Tasks that fire before a time, soonest first. */
  tasks(before: number, limit: number): Promise<PlannedTask[]>;
  paused(limit: number): Promise<PausedTask[]>;
  /** Firings of schedules that were skipped, or reached no host in time, since then: the latest two hundred of each, newest first. */
  unrun(since: number): Promise<UnrunFiring[]>;
};

/** Of each kind, those among them that were run by hand too. */
const lookedAt = 200;

export const createPlanned = (db: Database): Planned => ({
  tasks: (before, limit) => plannedTasks(db.read, before, limit),
  paused: (limit) => pausedTasks(db.read, limit),
  async unrun(since) {
    const [skipped, expired] = await Promise.all([
      unrunSince(db.read, 'skipped', since, lookedAt),
      unrunSince(db.read, 'expired', since, lookedAt),
    ]);
    return [...skipped, ...expired]
      .filter(({ trigger }) => trigger === 'schedule' || trigger === 'interval')
      .sort((a, b) => (a.id < b.id ? 1 : -1));
  },
});
