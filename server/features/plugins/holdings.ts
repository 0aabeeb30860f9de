import type { HeldRow } from './held-plugins.store.ts';

/**
 * Which agent holds which bundle, in memory as the agents are: what pages tell of ten thousand agents costs no look at the rows, which are
 * the truth and are read once, when the server starts.
 */
export type Holdings = {
  fill(rows: readonly HeldRow[]): void;
  /** What the agent holds from now on. */
  replace(agentId: string, hashes: readonly string[]): void;
  /** An agent that was removed. */
  forget(agentId: string): void;
  holds(agentId: string, sha256: string): boolean;
  /** whether these are all that it holds */
  holdsJust(agentId: string, hashes: readonly string[]): boolean;
  /** how many agents hold it */
  count(sha256: string): number;
  holdersOf(sha256: string): ReadonlySet<string>;
};

const nobody: ReadonlySet<string> = new Set();

export function createHoldings(): Holdings {
  const byBundle = new Map<string, Set<string>>();
  // the same text once, and not once for each of the twenty bundles of an agent
  const ids = new Map<string, string>();

  const idOf = (agentId: string): string => {
    const known = ids.get(agentId);
    if (known === undefined) ids.set(agentId, agentId);
    return known ?? agentId;
  };
  function add(agentId: string, sha256: string): void {
    const holders = byBundle.get(sha256);
    if (holders === undefined) byBundle.set(sha256, new Set([idOf(agentId)]));
    else holders.add(idOf(agentId));
  }
  function drop(agentId: string, kept: ReadonlySet<string>): void {
    for (const [sha256, holders] of byBundle) {
      if (kept.has(sha256)) continue;
      if (holders.delete(agentId) && holders.size === 0) byBundle.delete(sha256);
    }
  }

  return {
    fill(rows) {
      for (const { agent_id, sha256 } of rows) add(agent_id, sha256);
    },
    replace(agentId, hashes) {
      drop(agentId, new Set(hashes));
      for (const sha256 of hashes) add(agentId, sha256);
    },
    forget(agentId) {
      drop(agentId, nobody);
      ids.delete(agentId);
    },
    holds: (agentId, sha256) => byBundle.get(sha256)?.has(agentId) === true,
    holdsJust(agentId, hashes) {
      const told = new Set(hashes);
      for (const [sha256, holders] of byBundle) if (holders.has(agentId) !== told.delete(sha256)) return false;
      return told.size === 0;
    },
    count: (sha256) => byBundle.get(sha256)?.size ?? 0,
    holdersOf: (sha256) => byBundle.get(sha256) ?? nobody,
  };
}
