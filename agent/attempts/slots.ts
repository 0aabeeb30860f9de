/** How many executions may run at the same time. An offer takes a slot before it is accepted, and its attempt keeps it until it ends. */
export type Slots = {
  readonly total: number;
  take(): boolean;
  release(): void;
  /** nothing runs, and nothing that was accepted is to start */
  areAllFree(): boolean;
  /** Calls back each time that they have become so. */
  onAllFree(listener: () => void): void;
};

export function createSlots(total: number): Slots {
  let taken = 0;
  let listener = (): void => {};
  return {
    total,
    take() {
      if (taken >= total) return false;
      taken += 1;
      return true;
    },
    release() {
      taken -= 1;
      if (taken === 0) listener();
    },
    areAllFree: () => taken === 0,
    onAllFree(next) {
      listener = next;
    },
  };
}
