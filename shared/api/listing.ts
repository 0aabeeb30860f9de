import * as z from 'zod';
import { isPointInTime } from '../points-in-time.ts';

/**
 * Lists page by keyset cursor, newest first: `after` is the `next` of the page before. A page holds at most `limit` items, and fewer when
 * they are large: `next` alone tells whether there are more.
 */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  after: z.string().max(200).optional(),
});

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    /** pass as `after` for the next page; null on the last */
    next: z.string().nullable(),
  });

export type Page<T> = { readonly items: readonly T[]; readonly next: string | null };

/** ISO 8601 in UTC with milliseconds, as every time in the API. */
export const instant = z.iso.datetime();
export const toInstant = (ms: number): string => new Date(ms).toISOString();
export const toInstantOrNull = (ms: number | null): string | null => (ms === null ? null : toInstant(ms));

/** In a query: an instant in ISO 8601, or how long ago, such as `90m`, `24h` or `7d`. */
export const pointInTime = z
  .string()
  .max(40)
  .refine((text) => isPointInTime(text), 'Expected a time such as 2026-01-31T08:00:00Z, or how long ago, such as 24h or 7d.');
