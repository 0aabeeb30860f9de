export type UnauthenticatedLimits = { readonly maxUnauthenticated: number; readonly maxUnauthenticatedPerAddress: number };

/** Counts the sockets that have not yet proven who they are: nobody may fill the server with silent ones. */
export type UnauthenticatedSockets = {
  /** @returns how to leave again (may be called twice), or undefined if there is no place */
  enter(address: string): (() => void) | undefined;
  count(): number;
};

export function createUnauthenticatedSockets(limits: UnauthenticatedLimits): UnauthenticatedSockets {
  const perAddress = new Map<string, number>();
  let total = 0;

  function leave(address: string): void {
    total -= 1;
    const left = (perAddress.get(address) ?? 1) - 1;
    if (left === 0) perAddress.delete(address);
    else perAddress.set(address, left);
  }

  return {
    enter(address) {
      const here = perAddress.get(address) ?? 0;
      if (total >= limits.maxUnauthenticated || here >= limits.maxUnauthenticatedPerAddress) return undefined;
      total += 1;
      perAddress.set(address, here + 1);
      let inside = true;
      return () => {
        if (inside) leave(address);
        inside = false;
      };
    },
    count: () => total,
  };
}
