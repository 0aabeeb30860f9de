import * as z from 'zod';

/** A named lock that open executions wait for or hold, over all tasks that name it. */
export const lock = z
  .object({
    name: z.string(),
    /** the most that may hold it, as its holders (or those who wait) say; tasks may differ */
    limit: z.int(),
    /** how many hold it now */
    held: z.int(),
    /** the oldest of them, 20 at most */
    holders: z.array(
      z.object({
        execution: z.string(),
        run: z.string(),
        taskId: z.string(),
        taskName: z.string(),
        agentName: z.string().nullable(),
        state: z.string(),
      }),
    ),
    /** counted up to 1000 */
    waiting: z.int(),
  })
  .meta({ id: 'Lock' });
export type Lock = z.infer<typeof lock>;

export const lockList = z.object({ items: z.array(lock), truncated: z.boolean() }).meta({ id: 'LockList' });
export type LockList = z.infer<typeof lockList>;
