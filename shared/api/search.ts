import * as z from 'zod';

export const searchKinds = ['agent', 'task', 'plugin', 'run', 'execution'] as const;
export type SearchKind = (typeof searchKinds)[number];

export const searchQuery = z.strictObject({
  /** part of the name of an agent, an active task or a plugin, the beginning of the name of any task, or of an id such as `run_01…` */
  q: z.string().trim().min(1).max(200),
  /** of each kind */
  limit: z.coerce.number().int().min(1).max(20).default(6),
});

export const found = z
  .object({
    kind: z.enum(searchKinds),
    id: z.string(),
    name: z.string(),
    /** what tells it from others of its name */
    note: z.string(),
    /** of an agent its status, of a task, a run, an execution its state; null: it has none */
    state: z.string().nullable(),
  })
  .meta({ id: 'Found' });
export type Found = z.infer<typeof found>;

/** By kind, and within a kind the best first. What the asker may not see is left out. */
export const searchResult = z.object({ items: z.array(found) }).meta({ id: 'SearchResult' });
