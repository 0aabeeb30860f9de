import type { IntakeBudget } from './intake-budget.ts';

/**
 * How much of all agents together is read in one turn of the event loop: two hundred hosts that print would otherwise make it so long that
 * nobody else is answered meanwhile. Who has sent much waits for a later turn, first come first served.
 *
 *   reading ──(the turn is used up, or its own share)──> waiting ──(its turn, and there is room for output)──> reading
 */
export type ReadingTurns = {
  /** A frame is read. */
  take(bytes: number): void;
  isUsedUp(): boolean;
  /** the number of the present turn, as far as something was taken */
  turn(): number;
  /**
   * Calls back once, in a later turn.
   * @param expected bytes that it will read then, as far as it knows
   */
  whenNext(callback: () => void, expected: number): void;
  /** It does not want to be called back any more. */
  leave(callback: () => void): void;
  stop(): void;
};

export type ReadingTurnsResources = {
  readonly mostPerTurn: number;
  /** without room nobody is asked for more: it could only wait in memory */
  readonly budget: Pick<IntakeBudget, 'hasRoom' | 'whenRoom'>;
};

export function createReadingTurns({ mostPerTurn, budget }: ReadingTurnsResources): ReadingTurns {
  const waiting = new Map<() => void, number>();
  let number = 0;
  let taken = 0;
  let immediate: NodeJS.Immediate | undefined;

  function next(): void {
    immediate ??= setImmediate(turn);
  }

  function turn(): void {
    immediate = undefined;
    number += 1;
    taken = 0;
    if (waiting.size > 0 && !budget.hasRoom()) {
      budget.whenRoom(next);
      return;
    }
    let expectedInTurn = 0;
    for (const [callback, expected] of waiting) {
      if (expectedInTurn > 0 && expectedInTurn + expected > mostPerTurn) break;
      expectedInTurn += expected;
      waiting.delete(callback);
      callback();
    }
    if (waiting.size > 0) next();
  }

  return {
    take(bytes) {
      taken += bytes;
      next();
    },
    isUsedUp: () => taken >= mostPerTurn,
    turn: () => number,
    whenNext(callback, expected) {
      waiting.set(callback, expected);
      next();
    },
    leave: (callback) => void waiting.delete(callback),
    stop() {
      clearImmediate(immediate);
      waiting.clear();
    },
  };
}
