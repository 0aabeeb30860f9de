/** A server that ran for so long had started well. */
export const steadyMs = 60_000;

const firstMs = 1000;
const longestMs = 60_000;

/** How long to wait before a server is started again that has ended so many times in a row without having run for long. */
export const restartPauseMs = (failures: number): number => Math.min(longestMs, firstMs * 2 ** (failures - 1));
