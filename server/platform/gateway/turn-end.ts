/** Runs a callback at the end of the present turn of the event loop, once per turn however often it is asked for. */
export type TurnEnd = { run(callback: () => void): void; stop(): void };

/** One immediate for all connections: a message to ten thousand agents must not schedule ten thousand of them. */
export function createTurnEnd(): TurnEnd {
  const due = new Set<() => void>();
  let immediate: NodeJS.Immediate | undefined;

  function runAll(): void {
    immediate = undefined;
    const callbacks = [...due];
    due.clear();
    for (const callback of callbacks) callback();
  }

  return {
    run(callback) {
      due.add(callback);
      immediate ??= setImmediate(runAll);
    },
    stop() {
      due.clear();
      clearImmediate(immediate);
      immediate = undefined;
    },
  };
}
