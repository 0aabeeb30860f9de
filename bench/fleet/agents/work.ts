import * as z from 'zod';
import type { Json } from '../../../shared/json.ts';

/**
 * What an execution of the plugin `work` does. A simulated host reads it from the arguments of its task and behaves as a host that did it; a
 * real one runs bench/plugins/work, which does it.
 */
export const work = z.object({
  /** how long it takes at least */
  runMs: z.number().min(0).default(0),
  /** bytes of `data` in its result */
  resultBytes: z.number().int().min(0).default(0),
  /** which share of the executions fails, 0 to 1 */
  failureShare: z.number().min(0).max(1).default(0),
  /** bytes that it prints */
  logBytes: z.number().int().min(0).default(0),
  /** how fast it prints; 0: all at once. It waits when nobody reads, as a program does */
  logBytesPerSecond: z.number().min(0).default(0),
});
export type Work = z.infer<typeof work>;

const nothing = work.parse({});

/** Arguments that are none of these are those of another plugin, and mean work that ends at once. */
export function workOf(args: Json): Work {
  const parsed = work.safeParse(args);
  return parsed.success ? parsed.data : nothing;
}

export const isNothing = (of: Work): boolean => Object.values(of).every((value) => value === 0);
