import * as z from 'zod';
import { instant } from './listing.ts';

/** The lists whose filters can be saved. */
export const savedLists = ['executions', 'runs', 'tasks', 'agents', 'audit'] as const;
export type SavedList = (typeof savedLists)[number];

export const savedView = z
  .object({
    id: z.string(),
    list: z.enum(savedLists),
    name: z.string(),
    /** the query of the list's URL, such as `state=failed&since=24h` */
    query: z.string(),
    owner: z.string(),
    /** everybody sees it; otherwise its owner alone */
    shared: z.boolean(),
    createdAt: instant,
  })
  .meta({ id: 'SavedView' });
export type SavedView = z.infer<typeof savedView>;

export const savedViewInput = z.strictObject({
  list: z.enum(savedLists),
  name: z
    .string()
    .trim()
    .min(1)
    .max(60)
    .regex(/^\P{Cc}+$/u, 'Expected a name without control characters.'),
  query: z
    .string()
    .min(1, 'Expected at least one filter.')
    .max(2000)
    .regex(/^[!-~]*$/, 'Expected the query of a URL, such as state=failed&since=24h.')
    .regex(/^[^#]*$/, 'Expected the query of a URL, without the part after #.'),
  shared: z.boolean().default(false),
});
export type SavedViewInput = z.infer<typeof savedViewInput>;

export const savedViewQuery = z.strictObject({ list: z.enum(savedLists) });
