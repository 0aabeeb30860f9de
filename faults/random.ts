/** A small generator of pseudo-random numbers (mulberry32): the same seed gives the same numbers on every machine. */
export type Random = {
  /** from 0 up to 1 */
  next(): number;
  /** whole, both ends included */
  between(low: number, high: number): number;
  pick<T>(items: readonly T[]): T;
  /** by weight */
  weighted<T>(items: readonly (readonly [item: T, weight: number])[]): T;
  chance(share: number): boolean;
  /** A generator of its own, so that what draws from it does not shift the numbers of others. */
  fork(name: string): Random;
};

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
  const between = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    next,
    between,
    pick: <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T,
    weighted<T>(items: readonly (readonly [T, number])[]): T {
      let left = next() * items.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [item, weight] of items) {
        left -= weight;
        if (left < 0) return item;
      }
      return (items.at(-1) as readonly [T, number])[0];
    },
    chance: (share) => next() < share,
    fork: (name) =>
      createRandom([...name].reduce((hash, char) => (Math.imul(hash, 31) + char.charCodeAt(0)) >>> 0, seed ^ 0x9e3779b9)),
  };
}
