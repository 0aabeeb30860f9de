import { z } from 'zod';
import type { Page as ListPage } from '../../../shared/api/listing.ts';
import type { Run, runQuery } from '../../../shared/api/runs.ts';
import { type Firings, type Task, type taskQuery, taskStatuses, taskTypes } from '../../../shared/api/tasks.ts';
import type { Actor } from '../../platform/http/actor.ts';
import { formBody, signedIn, viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, page } from '../../platform/web/page.ts';
import { pagerOf, pagingQuery } from '../../platform/web/paging.ts';

export type TasksPagesResources = {
  readonly list: (query: z.infer<typeof taskQuery>) => Promise<ListPage<Task>>;
  readonly get: (id: string) => Promise<Task>;
  readonly run: (id: string, actor: Actor) => Promise<Run>;
  readonly pause: (id: string, actor: Actor) => Promise<unknown>;
  readonly resume: (id: string, actor: Actor) => Promise<unknown>;
  readonly remove: (id: string, actor: Actor) => Promise<unknown>;
  readonly firings: (id: string, count: number) => Promise<Firings>;
  readonly runs: (query: z.infer<typeof runQuery>) => Promise<ListPage<Run>>;
};

const view = viewsOf(import.meta.url);
const confirm = new URL('../../platform/web/views/confirm.ejs', import.meta.url).href;
const params = z.object({ id: z.string().max(64) });

export function createTasksPages(resources: TasksPagesResources): AnyPage[] {
  const action = (name: 'pause' | 'resume'): AnyPage =>
    page({
      method: 'POST',
      path: `/tasks/:id/${name}`,
      permission: 'tasks.write',
      params,
      body: formBody,
      handler: async (request) => {
        await resources[name](request.params.id, signedIn(request));
        return { kind: 'redirect', to: `/tasks/${request.params.id}` };
      },
    });

  return [
    page({
      method: 'GET',
      path: '/tasks',
      permission: 'tasks.read',
      query: z.object({
        ...pagingQuery,
        status: z.enum(taskStatuses).optional(),
        type: z.enum(taskTypes).optional(),
        plugin: z.string().max(64).optional(),
      }),
      handler: async ({ query }) => {
        const tasks = await resources.list({ ...query, limit: 50 });
        const data = { tasks: tasks.items, query, taskStatuses, taskTypes, pager: pagerOf('/tasks', query, tasks.next) };
        return { kind: 'view', view: view('tasks'), title: 'Tasks', section: 'tasks', data, topics: ['tasks'] };
      },
    }),
    page({
      method: 'GET',
      path: '/tasks/:id',
      permission: 'tasks.read',
      params,
      handler: async ({ params: { id } }) => {
        const [task, runs, firings] = await Promise.all([
          resources.get(id),
          resources.runs({ taskId: id, limit: 20 }),
          resources.firings(id, 10),
        ]);
        const data = { task, firings: firings.items, runs: runs.items, moreRuns: runs.next !== null };
        return { kind: 'view', view: view('task'), title: task.name, section: 'tasks', data, topics: [`task:${id}`] };
      },
    }),
    page({
      method: 'POST',
      path: '/tasks/:id/run',
      permission: 'tasks.run',
      params,
      body: formBody,
      handler: async (request) => ({
        kind: 'redirect',
        to: `/runs/${(await resources.run(request.params.id, signedIn(request))).id}`,
      }),
    }),
    action('pause'),
    action('resume'),
    page({
      method: 'GET',
      path: '/tasks/:id/delete',
      permission: 'tasks.write',
      params,
      handler: async ({ params: { id } }) => {
        const task = await resources.get(id);
        const data = {
          heading: `Delete the task ${task.name}?`,
          text: 'It will not fire again. Its runs and their logs stay in the ledger; a run that is under way goes on.',
          label: 'Delete the task',
          action: `/tasks/${id}/delete`,
          back: `/tasks/${id}`,
        };
        return { kind: 'view', view: confirm, title: data.heading, section: 'tasks', data };
      },
    }),
    page({
      method: 'POST',
      path: '/tasks/:id/delete',
      permission: 'tasks.write',
      params,
      body: formBody,
      handler: async (request) => {
        await resources.remove(request.params.id, signedIn(request));
        return { kind: 'redirect', to: '/tasks' };
      },
    }),
  ];
}
