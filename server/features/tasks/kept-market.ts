import { type Candidate, ineligibility } from './assignment.ts';
import { type Change, holderOf } from './ledger.ts';
import { createMarket, type Market } from './market.ts';

/**
 * The market of all agents, kept from one pass of the dispatcher to the next: a pass that hands out one execution must not cost as much as
 * the fleet is large.
 *
 *   kept ──(an agent is noted: it changed, its books changed, a choice took a slot of it)──> put in its new place when the next pass begins
 *     └──(a few seconds old, or the number of agents is another one)──> made anew
 *
 * Of what changes without a word, the load of a host alone, the choice may so be some seconds behind; heartbeats are further apart.
 */
export type KeptMarket = {
  /** As the agents and the books are now. The one that was given out before is it too, and is not to be used any more. */
  current(): Market;
  /** The agent may not be as it was. */
  note(agentId: string): void;
  /** The books changed. */
  apply(changes: readonly Change[]): void;
};

export type KeptMarketResources = {
  readonly all: () => readonly Candidate[];
  readonly count: () => number;
  readonly get: (agentId: string) => Candidate | undefined;
  readonly monotonic: () => number;
};

const keptMs = 5000;

export function createKeptMarket({ all, count, get, monotonic }: KeptMarketResources): KeptMarket {
  const noted = new Set<string>();
  let kept: { readonly market: Market; readonly until: number } | undefined;

  const note = (agentId: string): void => void noted.add(agentId);

  return {
    note,
    current() {
      if (kept === undefined || monotonic() >= kept.until || kept.market.size() !== count())
        kept = { market: checked(createMarket(all(), note), get), until: monotonic() + keptMs };
      else for (const agentId of noted) kept.market.place(agentId, get(agentId));
      noted.clear();
      return kept.market;
    },
    apply(changes) {
      for (const { before, after } of changes) {
        const holder = holderOf(before);
        const newHolder = holderOf(after);
        if (holder === newHolder) continue;
        if (holder !== undefined) note(holder);
        if (newHolder !== undefined) note(newHolder);
      }
    },
  };
}

/** Whoever is chosen is looked at once more: its connection may have closed since the pass began. */
const checked = (market: Market, get: KeptMarketResources['get']): Market => ({
  ...market,
  choose(platforms, refused) {
    // each turn takes one agent out of the market
    for (;;) {
      const choice = market.choose(platforms, refused);
      if (choice.chosen === undefined) return choice;
      const agent = get(choice.chosen.id);
      if (agent !== undefined && ineligibility({ ...agent, held: 0 }, platforms) === undefined) return choice;
      market.place(choice.chosen.id, agent);
    }
  },
});
