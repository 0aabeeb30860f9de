import * as z from 'zod';

/**
 * What work may use of its host. A plugin, one of its actions and a task can each set limits; the strictest counts. The operating system
 * enforces them where it can, and the log of the execution says where it cannot.
 */
export const resourceLimits = z.strictObject({
  /** MiB, of all its processes together */
  memoryMb: z.int().min(16).max(16_777_216).optional(),
  /** 100 is one processor */
  cpuPercent: z.int().min(1).max(100_000).optional(),
  /** 19 gives way to all else */
  nice: z.int().min(0).max(19).optional(),
  /** files that each of its processes may have open */
  openFiles: z.int().min(16).max(1_048_576).optional(),
  /** processes and threads at the same time */
  processes: z.int().min(1).max(1_000_000).optional(),
});
export type ResourceLimits = z.infer<typeof resourceLimits>;
export const limitNames = [
  'memoryMb',
  'cpuPercent',
  'nice',
  'openFiles',
  'processes',
] as const satisfies (keyof ResourceLimits)[];

export function strictest(...all: readonly (Partial<ResourceLimits> | undefined)[]): ResourceLimits {
  const found = limitNames.flatMap((name) => {
    const values = all.flatMap((limits) => limits?.[name] ?? []);
    return values.length === 0 ? [] : [[name, name === 'nice' ? Math.max(...values) : Math.min(...values)] as const];
  });
  return Object.fromEntries(found);
}
