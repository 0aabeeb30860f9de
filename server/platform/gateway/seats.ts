import { closeCodes } from '../../../shared/protocol.ts';
import type { Wire } from './wire.ts';

/**
 * One seat per agent, and the newest connection takes it. A connection that was driven out may still be at work for a moment (its own
 * admission, handlers under way); the next one waits for that before it looks at the ledger.
 */
export type Seats = {
  /** @param life of the agent's process, if it told */
  take(agentId: string, wire: Wire, life?: string): TakenSeat;
  /** Whether another process with this identity has the seat and answers within `ms`: then both live, and one is a copy. */
  isTakenByAnother(agentId: string, life: string | undefined, ms: number): Promise<boolean>;
};

export type TakenSeat = {
  /** resolves when nothing of the previous connection is under way any more */
  readonly vacated: Promise<void>;
  /** to be called when the admission of this connection is over, well or not */
  readonly admissionOver: () => void;
};

type Seat = { readonly wire: Wire; readonly life: string | undefined; readonly admission: Promise<void> };

export function createSeats(): Seats {
  const seats = new Map<string, Seat>();

  async function workEnded(seat: Seat): Promise<void> {
    await seat.admission;
    await seat.wire.settled();
  }

  async function clear(agentId: string, seat: Seat): Promise<void> {
    await seat.wire.ended;
    await workEnded(seat);
    if (seats.get(agentId) === seat) seats.delete(agentId);
  }

  return {
    take(agentId, wire, life) {
      const previous = seats.get(agentId);
      const admission = Promise.withResolvers<void>();
      const seat = { wire, life, admission: admission.promise };
      seats.set(agentId, seat);
      void clear(agentId, seat);
      previous?.wire.close(closeCodes.replaced, 'a newer connection of this agent took over');
      return { vacated: previous === undefined ? Promise.resolve() : workEnded(previous), admissionOver: admission.resolve };
    },
    async isTakenByAnother(agentId, life, ms) {
      const present = seats.get(agentId);
      if (present?.life === undefined || life === undefined || present.life === life) return false;
      return (await present.wire.answers(ms)) && seats.get(agentId)?.life === present.life;
    },
  };
}
