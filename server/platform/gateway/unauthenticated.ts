export type UnauthenticatedLimits = {
  readonly maxUnauthenticated: number;
  readonly maxUnauthenticatedPerAddress: number;
  /** what all of them together may have sent; a frame is held in memory until it is whole */
  readonly maxUnauthenticatedBytes: number;
};

/** Counts the sockets that have not yet proven who they are: nobody may fill the server with silent ones, nor its memory with half frames. */
export type UnauthenticatedSockets = {
  /** @returns undefined if there is no place */
  enter(address: string): UnauthenticatedSocket | undefined;
  count(): number;
};

export type UnauthenticatedSocket = {
  /** It has proved who it is, or is gone. May be called twice. */
  leave(): void;
  /** @returns false if it must be cut off: all together have sent too much, and this one more than an honest agent has to */
  received(bytes: number): boolean;
};

/** A hello with a journal of some hundred attempts: who sends no more is not cut off for what others do. */
const modestBytes = 64 * 1024;

export function createUnauthenticatedSockets(limits: UnauthenticatedLimits): UnauthenticatedSockets {
  const perAddress = new Map<string, number>();
  let total = 0;
  let totalBytes = 0;

  function leave(address: string, bytes: number): void {
    total -= 1;
    totalBytes -= bytes;
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
      let own = 0;
      return {
        leave() {
          if (inside) leave(address, own);
          inside = false;
        },
        received(bytes) {
          if (!inside) return true;
          own += bytes;
          totalBytes += bytes;
          return totalBytes <= limits.maxUnauthenticatedBytes || own <= modestBytes;
        },
      };
    },
    count: () => total,
  };
}
