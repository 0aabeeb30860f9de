/**
 * What all agents together have under way at a time, in characters of the text that their messages carry: output waits in memory for its
 * commit, and ten thousand agents that print must not fill it. Who finds no room waits for its turn, in the order of asking.
 */
export type IntakeBudget = {
  readonly hasRoom: () => boolean;
  take(size: number): void;
  give(size: number): void;
  /** Calls back once, when there is room again. */
  whenRoom(callback: () => void): void;
};

export function createIntakeBudget(most: number): IntakeBudget {
  let taken = 0;
  const waiting = new Set<() => void>();
  const hasRoom = (): boolean => taken < most;
  return {
    hasRoom,
    take(size) {
      taken += size;
    },
    give(size) {
      taken -= size;
      for (const callback of waiting) {
        if (!hasRoom()) return;
        waiting.delete(callback);
        callback();
      }
    },
    whenRoom: (callback) => void waiting.add(callback),
  };
}
