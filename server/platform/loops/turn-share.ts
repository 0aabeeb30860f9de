/**
 * Work of one kind, of which only so much is done in one turn of the event loop: the rest waits for the turns after it, first come first
 * served, so that nobody else waits for all of it. For work that does not wait for anything outside of the process: one is done at a time.
 */
export type TurnShare = {
  /** @param amountOf how much it was, as soon as that is known */
  run<T>(work: () => Promise<T>, amountOf: (result: T) => number): Promise<T>;
};

export function createTurnShare(mostPerTurn: number): TurnShare {
  const waiting: (() => Promise<number>)[] = [];
  let taken = 0;
  let isWorking = false;

  async function workOff(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (taken >= mostPerTurn) {
        await new Promise((resolve) => setImmediate(resolve));
        taken = 0;
      }
      taken += await next();
    }
    isWorking = false;
  }

  return {
    run: (work, amountOf) =>
      new Promise((resolve, reject) => {
        waiting.push(async () => {
          try {
            const result = await work();
            resolve(result);
            return amountOf(result);
          } catch (error) {
            reject(error);
            return 0;
          }
        });
        if (isWorking) return;
        isWorking = true;
        void workOff();
      }),
  };
}
