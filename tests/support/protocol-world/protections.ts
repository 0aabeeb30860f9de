import type { HeldAttempts } from '../../../agent/attempts/held-attempts.ts';
import { leaseSeconds } from '../ledger-world/server-instance.ts';

/** What keeps the promises, each of which can be turned off, to show that the checker sees what happens then. */
export type Protections = {
  /** the agent starts nothing that it holds already */
  dedup(held: HeldAttempts): HeldAttempts;
  /** what it started outlives the agent */
  readonly journal: boolean;
  /** messages count only from the holder, about the current attempt */
  readonly fence: boolean;
  readonly ackAfterCommit: boolean;
  readonly reconcile: boolean;
  readonly leaseSeconds: number;
};

export const allProtections: Protections = {
  dedup: (held) => held,
  journal: true,
  fence: true,
  ackAfterCommit: true,
  reconcile: true,
  leaseSeconds,
};

export const without: Readonly<Record<'dedup' | 'journal' | 'fence' | 'ackAfterCommit' | 'reconcile' | 'lease', Protections>> = {
  dedup: {
    ...allProtections,
    dedup: (held) => ({ ...held, isPast: () => false, hasEarlierRunning: () => false }),
  },
  journal: { ...allProtections, journal: false },
  fence: { ...allProtections, fence: false },
  ackAfterCommit: { ...allProtections, ackAfterCommit: false },
  reconcile: { ...allProtections, reconcile: false },
  lease: { ...allProtections, leaseSeconds: 1e8 },
};
