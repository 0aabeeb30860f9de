/** What comes is kept until it is asked for; who asks first waits until it comes. Both in order. */
export type WaitingQueue<T> = { push(item: T): void; next(): Promise<T> };

export function waitingQueue<T>(): WaitingQueue<T> {
  const items: T[] = [];
  const waiting: ((item: T) => void)[] = [];
  return {
    push(item) {
      const first = waiting.shift();
      if (first === undefined) items.push(item);
      else first(item);
    },
    next: () =>
      new Promise((resolve) => {
        if (items.length > 0) resolve(items.shift() as T);
        else waiting.push(resolve);
      }),
  };
}
