import type { Kysely, Transaction } from 'kysely';

/**
 * The one door to the database, the same for every engine.
 *
 * `read` sees only what is committed and never waits for a writer. `write` runs one unit of work, all or nothing. Units that are asked
 * for at about the same time share one transaction and one fsync (group commit); each has a savepoint of its own, so that one that
 * throws takes nothing of the others with it. The promise of `write` settles only after the commit is durable: an acknowledgement, a
 * message or an event comes after it. Units run one at a time in the order in which `write` was called. A unit must await nothing but
 * its own queries: no socket, no timer, no other `write`.
 */
export type DatabasePort<Tables> = {
  readonly read: Kysely<Tables>;
  write<T>(work: (transaction: Transaction<Tables>) => Promise<T>): Promise<T>;
  /** Waits for the units under way, then closes clean. */
  close(): Promise<void>;
};
