/** Times in ms, of `performance.now()`. */
export type Samples = readonly number[];

/** The value that `share` (0 to 1) of the samples do not exceed. */
export function percentile(samples: Samples, share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** Does one thing after the other until the time is up. */
export async function timesOf(durationMs: number, once: () => Promise<unknown> | unknown): Promise<Samples> {
  const samples: number[] = [];
  const end = performance.now() + durationMs;
  for (let now = performance.now(); now < end; ) {
    await once();
    const then = performance.now();
    samples.push(then - now);
    now = then;
  }
  return samples;
}

export type Rate = { readonly perSecond: number; readonly count: number };

/**
 * Keeps `width` of them under way until the time is up, and waits for the last ones.
 * @param once may tell how many things it did; one, if it does not
 */
export async function rateOf(durationMs: number, width: number, once: () => Promise<number | void>): Promise<Rate> {
  const start = performance.now();
  let count = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() - start < durationMs) {
      const done = (await once()) ?? 1;
      // not `count += await …`, which reads the count before it waits
      count += done;
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return { count, perSecond: count / ((performance.now() - start) / 1000) };
}
