import type { Clock } from '../clock.ts';

/**
 * Agents that sent what cannot be read wait before they are let in again: a second, then twice as long each time, so that one that does
 * nothing else costs nothing. Ten minutes without are forgiven.
 */
export type Penalties = {
  strike(agentId: string): void;
  /** ms that it has to wait yet, or 0 */
  left(agentId: string): number;
};

const firstMs = 1000;
const longestMs = 60_000;
const forgivenAfterMs = 600_000;
const rememberedAtMost = 10_000;

export function createPenalties(clock: Pick<Clock, 'monotonic'>): Penalties {
  // the one that was struck longest ago is the first
  const struck = new Map<string, { readonly at: number; readonly strikes: number }>();
  const known = (agentId: string) => {
    const last = struck.get(agentId);
    return last !== undefined && clock.monotonic() - last.at < forgivenAfterMs ? last : undefined;
  };
  return {
    strike(agentId) {
      const strikes = (known(agentId)?.strikes ?? 0) + 1;
      struck.delete(agentId);
      struck.set(agentId, { at: clock.monotonic(), strikes });
      if (struck.size > rememberedAtMost) struck.delete(struck.keys().next().value as string);
    },
    left(agentId) {
      const last = known(agentId);
      if (last === undefined) return 0;
      const waitMs = Math.min(firstMs * 2 ** Math.min(last.strikes - 1, 10), longestMs);
      return Math.max(0, last.at + waitMs - clock.monotonic());
    },
  };
}
