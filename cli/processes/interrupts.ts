/** npm passes Ctrl-C on to a process that has got it from the terminal already: what comes so soon after is the same one. */
const sameInterruptMs = 500;

/**
 * Calls back at each Ctrl-C and each request to end from outside.
 * @returns stop listening
 */
export function onInterrupt(callback: () => void): () => void {
  let lastAt = Number.NEGATIVE_INFINITY;
  const listen = (): void => {
    const now = performance.now();
    if (now - lastAt < sameInterruptMs) return;
    lastAt = now;
    callback();
  };
  // the last: the terminal was closed
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, listen);
  return () => {
    for (const signal of signals) process.off(signal, listen);
  };
}
