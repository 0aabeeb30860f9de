import { z } from 'zod';
import type { Page as ListPage } from '../../../shared/api/listing.ts';
import type { Run, runQuery } from '../../../shared/api/runs.ts';
import {
  type Firings,
  type Task,
  type TaskVersions,
  type taskQuery,
  taskStatuses,
  taskTypes,
} from '../../../shared/api/tasks.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Actor } from '../../platform/http/actor.ts';
import { patchRuns } from '../../platform/text/patch-runs.ts';
import { formBody, signedIn, textOf, viewsOf } from '../../platform/web/form.ts';
import { type AnyPage, page } from '../../platform/web/page.ts';
import { localPath, pagerOf, pagingQuery } from '../../platform/web/paging.ts';
import type { RunMark } from './finder.service.ts';
import { marksOf, tallyOf } from './run-marks.ts';

export type TasksPagesResources = {
  readonly list: (query: z.infer<typeof taskQuery>) => Promise<ListPage<Task>>;
  readonly get: (id: string) => Promise<Task>;
  readonly run: (id: string, actor: Actor) => Promise<Run>;
  readonly pause: (id: string, actor: Actor) => Promise<unknown>;
  readonly resume: (id: string, actor: Actor) => Promise<unknown>;
  readonly remove: (id: string, actor: Actor) => Promise<unknown>;
  readonly firings: (id: string, count: number) => Promise<Firings>;
  readonly versions: (id: string, query: { after?: number | undefined; limit: number }) => Promise<TaskVersions>;
  readonly runs: (query: z.infer<typeof runQuery>) => Promise<ListPage<Run>>;
  /** of each of these tasks the last few */
  readonly lastRuns: (taskIds: readonly string[], each: number) => Promise<RunMark[]>;
  readonly clock: Pick<Clock, 'now'>;
};

/** How many runs a strip shows: in a row of the list, and on the page of a task, which has some of them as a table too. */
const shown = { inRow: 8, onPage: 60, inTable: 20, versions: 10 } as const;

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
        const next = textOf(request.body, 'next');
        return { kind: 'redirect', to: next === '' ? `/tasks/${request.params.id}` : localPath(next) };
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
        name: z.string().max(200).optional(),
      }),
      handler: async ({ query }) => {
        const tasks = await resources.list({ ...query, limit: 50 });
        const runs = await resources.lastRuns(
          tasks.items.map(({ id }) => id),
          shown.inRow,
        );
        const now = resources.clock.now();
        const ofTask = Map.groupBy(runs, ({ task_id }) => task_id);
        const data = {
          tasks: tasks.items,
          marks: Object.fromEntries([...ofTask].map(([id, some]) => [id, marksOf(some, now)])),
          query,
          taskStatuses,
          taskTypes,
          pager: pagerOf('/tasks', query, tasks.next),
        };
        return { kind: 'view', view: view('tasks'), title: 'Tasks', section: 'tasks', data, topics: ['tasks', 'runs'] };
      },
    }),
    page({
      method: 'GET',
      path: '/tasks/:id',
      permission: 'tasks.read',
      params,
      query: z.object({ versions: z.coerce.number().int().min(1).max(1_000_000_000).optional() }),
      handler: async ({ params: { id }, query }) => {
        const [task, marked, recent, firings, versions] = await Promise.all([
          resources.get(id),
          resources.lastRuns([id], shown.onPage + 1),
          resources.runs({ taskId: id, limit: shown.inTable }),
          resources.firings(id, 10),
          resources.versions(id, { after: query.versions, limit: shown.versions }),
        ]);
        const marks = marksOf(marked, resources.clock.now()).slice(-shown.onPage);
        const data = {
          task,
          firings: firings.items,
          runs: recent.items,
          marks,
          tally: tallyOf(marks),
          moreRuns: marked.length > shown.onPage,
          versions: versions.items,
          isNewest: query.versions === undefined,
          olderVersions: versions.next === null ? null : `/tasks/${id}?versions=${versions.next}`,
          patchRuns,
        };
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
