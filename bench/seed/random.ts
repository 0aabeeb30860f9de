/** The same numbers for the same seed, so that two seeded ledgers are alike. */
export type Random = {
  /** from 0 to 1 */
  next(): number;
  /** from `least` to `most`, whole */
  between(least: number, most: number): number;
  pick<T>(things: readonly T[]): T;
  /** by weights that add up to anything */
  weighted<T>(things: readonly (readonly [T, number])[]): T;
  bytes(size: number): Uint8Array;
};

export function createRandom(seed: number): Random {
  let state = seed >>> 0;

  /** mulberry32 */
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    between,
    pick: <T>(things: readonly T[]): T => things[Math.floor(next() * things.length)] as T,
    weighted<T>(things: readonly (readonly [T, number])[]): T {
      let left = next() * things.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [thing, weight] of things) {
        left -= weight;
        if (left < 0) return thing;
      }
      return (things.at(-1) as readonly [T, number])[0];
    },
    bytes: (size) => Uint8Array.from({ length: size }, () => Math.floor(next() * 256)),
  };
}
