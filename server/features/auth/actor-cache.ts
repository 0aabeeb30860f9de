import type { Actor } from '../../platform/http/actor.ts';
import type { Writer } from '../../schema/schema.ts';

/** Whom a credential belongs to, as its rows said when they were read. */
export type KnownActor = {
  readonly actor: Actor;
  readonly readAt: number;
  /** ids of the rows on which it rests */
  readonly restsOn: readonly string[];
  /** end of the credential; null: none */
  expiresAt: number | null;
  /** from when on a use of it is worth a write */
  touchAt: number;
  /** Writes that it is used now. @returns what holds after the commit */
  readonly touch: (writer: Writer, now: number) => Promise<{ readonly expiresAt: number | null; readonly touchAt: number }>;
};

/**
 * Spares the database a query per request. Bounded: the one that was not asked for longest makes room. Forgetting takes effect at once,
 * also against a read that was under way meanwhile: it holds the stamp of before and is not kept.
 */
export type ActorCache = {
  get(key: string, now: number): KnownActor | undefined;
  stamp(): number;
  put(key: string, known: KnownActor, stamp: number): void;
  /** Drops what rests on the row with this id. Called after the commit of the change. */
  forget(rowId: string): void;
};

export type ActorCacheLimits = {
  readonly capacity: number;
  /** then the rows are read again: another server on the same database may have changed them */
  readonly freshMs: number;
};

export function createActorCache({ capacity, freshMs }: ActorCacheLimits): ActorCache {
  // a map keeps the order of insertion: the first is the one not asked for longest
  const known = new Map<string, KnownActor>();
  let forgotten = 0;

  return {
    get(key, now) {
      const found = known.get(key);
      if (found === undefined) return undefined;
      known.delete(key);
      // the clock may have been set back: an age below zero is no age
      const age = now - found.readAt;
      if (age < 0 || age >= freshMs) return undefined;
      known.set(key, found);
      return found;
    },
    stamp: () => forgotten,
    put(key, actor, stamp) {
      if (stamp !== forgotten) return;
      known.delete(key);
      known.set(key, actor);
      for (const oldest of known.keys()) {
        if (known.size <= capacity) break;
        known.delete(oldest);
      }
    },
    forget(rowId) {
      forgotten += 1;
      for (const [key, { restsOn }] of known) if (restsOn.includes(rowId)) known.delete(key);
    },
  };
}
