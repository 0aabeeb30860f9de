/** What the agents of one process saw: counts since the start. */
export type Tally = {
  /** welcomed and not cut since */
  connected: number;
  welcomes: number;
  cuts: number;
  heartbeats: number;
  offers: number;
  starts: number;
  /** results that the server acknowledged, which it does after the commit, by outcome; each once */
  acknowledged: Record<string, number>;
  /** agents that the server does not want any more: none should be */
  unwanted: number;
};

export const createTally = (): Tally => ({
  connected: 0,
  welcomes: 0,
  cuts: 0,
  heartbeats: 0,
  offers: 0,
  starts: 0,
  acknowledged: {},
  unwanted: 0,
});

/** ms since the epoch, finer than a ms, and the same for all processes of this machine. */
export const preciseNow = (): number => performance.timeOrigin + performance.now();

export function addUp(tallies: readonly Tally[]): Tally {
  const sum = createTally();
  for (const tally of tallies) {
    for (const key of ['connected', 'welcomes', 'cuts', 'heartbeats', 'offers', 'starts', 'unwanted'] as const)
      sum[key] += tally[key];
    for (const [outcome, count] of Object.entries(tally.acknowledged))
      sum.acknowledged[outcome] = (sum.acknowledged[outcome] ?? 0) + count;
  }
  return sum;
}
