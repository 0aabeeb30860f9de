/** npm passes Ctrl-C on to a process that has got it from the terminal already: what comes so soon after is the same one. */
export const sameSignalMs = 500;

/**
 * Calls `first` at the first Ctrl-C (or SIGTERM, or the end of the terminal) and `again` at each further one.
 * @returns stop listening
 */
export function onStopSignal({ first, again }: { first(): void; again(): void }): () => void {
  let lastAt: number | undefined;
  const listen = (): void => {
    const now = performance.now();
    if (lastAt === undefined) first();
    else if (now - lastAt > sameSignalMs) again();
    else return;
    lastAt = now;
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, listen);
  return () => {
    for (const signal of signals) process.off(signal, listen);
  };
}
