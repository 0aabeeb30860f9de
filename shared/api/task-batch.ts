import * as z from 'zod';
import { taskInput } from './tasks.ts';

export const maxTasksPerBatch = 1000;

/** `POST /tasks/batch`: all of them are made, or none. */
export const taskBatch = z.strictObject({ tasks: z.array(taskInput).min(1).max(maxTasksPerBatch) }).meta({
  id: 'TaskBatch',
  examples: [
    {
      tasks: [
        { owner: 'Anyone', plugin: 'shell', args: { command: 'uptime' } },
        { owner: 'ALL', plugin: 'facts' },
      ],
    },
  ],
});

/** Of a task of a batch; it has no run unless it is Adhoc. */
export const createdIds = z.object({ taskId: z.string(), runId: z.string().nullable() });
export type CreatedIds = z.infer<typeof createdIds>;

/** In the order of the request. */
export const taskBatchCreated = z.object({ items: z.array(createdIds) }).meta({ id: 'TaskBatchCreated' });
