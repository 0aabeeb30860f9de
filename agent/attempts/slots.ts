/** How many executions may run at the same time. An offer takes a slot before it is accepted, and its attempt keeps it until it ends. */
export type Slots = { readonly total: number; take(): boolean; release(): void };

export function createSlots(total: number): Slots {
  let taken = 0;
  return {
    total,
    take() {
      if (taken >= total) return false;
      taken += 1;
      return true;
    },
    release() {
      taken -= 1;
    },
  };
}
